"""复核标签页的文字。"""

TAB = "复核"
TITLE = "复核"
NOTE = (
    "先自己判断，再看检测器的结论，然后保留或修改自己的判断。与其他标签页不同，队列中的图片会一直保存在复核文件里，"
    "直到本页面的运行者将其删除；凡能打开本页面的人都可以复核这些图片，并导出全部判断。"
)

NAME = "你的姓名"
NAME_INFO = "会写入日志，请每次使用同一个名字。"
NEXT = "下一张（N）"
BLUR = "图片先模糊显示，点击后再看清"
COUNTS = "待复核 {waiting} · 正在复核 {held} · 已完成 {done} · 共 {total}"
EMPTY = "现在没有可以分给你的图片。可以添加新图片，或稍后再来：其余的可能正由别人复核。"
ONLY_ONE = "现在没有别的图片可以分给你，仍由你复核这一张。"
START = "填写姓名，然后取下一张图片。"
ALT = "待判断的图片"
UNVEIL = "已模糊，点击查看（B）"

STEP_BLIND = "1 · 独立判断"
STEP_BLIND_NOTE = "分数和热力图都还没有发送到你的浏览器。"
STEP_FINAL = "2 · 保留或修改判断"
STEP_FINAL_NOTE = "你的独立判断已记入日志：{decision}。检测器可能出错，人也一样。"
DECISION = "你的判断"
DECISIONS = {"authentic": "真实", "manipulated": "经过篡改", "unsure": "不确定"}
KEY = "{name}（{key}）"
ARTIFACTS = "你看到了什么？"
REMARK = "备注"
SUBMIT = {"blind": "记录我的判断（S）", "final": "记录最终判断（S）"}
INSPECT = "在“检测”中打开"
ASKING = "已记录，正在询问检测器……"
SAVED = "已记录为第 {id} 条。按 N 取下一张图片。"

ADD = "向队列添加图片"
ADD_FILES = "图片"
ADDED = "新增 {added} 张，已在队列中 {there} 张。"
REFUSED = "未能加入："
ADD_ONE = "加入复核"
ADDED_ONE = "已加入复核队列，并一直保存到复核文件被删除为止。"
THERE_ONE = "这张图片已在复核队列中。"

FIGURES = "一致性、依赖程度与导出"
FIGURES_SHOW = "根据日志计算"
FIGURES_CAUTION = "队列很短时，这些数字可能泄露尚未复核图片的答案，请在自己判断之后再看。"
CHAIN = "日志的 {count} 条记录完整无误。最后的哈希值：{head}。请另存一份，以后可据此发现末尾是否被截断。"
CHAIN_BROKEN = "日志校验未通过：{problem}。"
COUNTED = "复核次数：{reviews} · 图片：{pictures} · 复核者：{reviewers}"
ALPHA = "独立判断的一致性（Krippendorff α 系数；1 为完全一致，0 相当于随机）"
KAPPA = "{first} 与 {second}：两人共同复核 {pictures} 张图片的 Cohen κ 系数"
BLIND_WITH_MODEL = "独立判断与检测器结论相同"
FINAL_WITH_MODEL = "最终判断与检测器结论相同"
SWITCHED = "与检测器相反，随后改成检测器的结论"
OVER = "过度依赖：原本正确，却改从错误的检测器"
UNDER = "依赖不足：原本错误，却未听从正确的检测器"
TRUTH = (
    "这里并不知道谁对谁错。最后两项以其他复核者（至少两位）独立判断的多数意见作为正确答案；人数不足时不予统计。"
    "若有已知标签，可运行 python -m detector reviews agreement --truth。"
)
UNDEFINED = "尚无法计算"
NO_CASE = "尚无此类情况"
RATE = "{of} 次中有 {count} 次（{value:.0%}，95% 区间 {low:.0%} 至 {high:.0%}）"
EXPORT = "准备导出文件"
GET_CSV = "下载复核结果（CSV）"
GET_JSON = "下载日志（JSON）"

KEYS_TITLE = "快捷键"
KEYS = (
    ("N", "下一张图片"),
    ("1 2 3", "真实、经过篡改、不确定"),
    ("4 … 8", "勾选看到的痕迹"),
    ("S, Enter", "记录判断"),
    ("B", "模糊或显示图片"),
)
KEYS_NOTE = "输入文字时不起作用。"

NO_NAME = "请先填写姓名（1 至 64 个字符）。"
NO_DECISION = "请先在三项判断中选择一项。"
LOST = "这张图片已不归你复核：时间已到，它分给了别人。你的备注仍保留在输入框中。"
NOT_DUE = "这一步已经完成，或者应先完成另一步。请刷新页面，从日志所在之处继续。"
FULL = "队列已满，请联系本页面的运行者换用新文件。"
FAILED = "未能完成：{reason}"
BLIND_FIRST = "请先作出判断，然后才能在“检测”中打开这张图片。"
