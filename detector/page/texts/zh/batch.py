"""“批量”标签页的文字。"""

TAB = "批量"
TITLE = "一次检测多张图片"
NOTE = (
    "每批最多 {most} 张图片，每张不超过 {megabytes:g} MB；ZIP 文件的上限相同，文件夹的总大小不限。"
    "图片和结果会在 {minutes} 分钟内删除，请及时下载需要保留的内容。"
)

FILES = "图片，或装有图片的 ZIP"
FOLDER = "或者一个文件夹"
CHECK = "用同一图片的其他版本核查每个结论"
CHECK_INFO = (
    "与“检查”页的做法相同：经不起核查的结论会改为“无法判断”。不核查时速度快得多，但部分结论会与“检查”页不一致。"
)
START = "开始"
CANCEL = "取消"

NOTHING = "请先选择图片、ZIP 或文件夹。"
NO_PICTURES = "这些文件中没有图片。"
TOO_MANY = "这里有 {count} 张图片，而每批最多 {most} 张。请先选一部分，其余的稍后再传。"
UNPACKING = "正在读取文件……"
ELSEWHERE = "该文件不在上传目录中，请重新选择。"
GONE = "这一批已不在服务器上，请重新开始。"
PICTURE_GONE = "这张图片已不在服务器上，请重新开始这一批。"

PROGRESS = "第 {done} 张，共 {total} 张"
RATE = "每秒 {rate:.1f} 张"
LEFT_SECONDS = "大约还需 {seconds} 秒"
LEFT_MINUTES = "大约还需 {minutes} 分 {seconds} 秒"
DONE = "完成：{total} 张图片，用时 {seconds:.0f} 秒。"
STOPPED = "已停止：完成 {done} 张，共 {total} 张；已得出的结果都已保留。"
COUNT = "{answer}：{count}"
IGNORED = "另有 {count} 个文件不是图片，已略过。"

REFUSALS = {
    "damaged": "压缩包或其中的这个文件已损坏，或并非 ZIP；请重新打包或重新下载。",
    "crowded": "压缩包内文件过多（超过 {members} 个），请拆分。",
    "nested": "不会打开压缩包里的压缩包，请先解压。",
    "encrypted": "该文件有密码保护，请去掉密码后重新打包。",
    "link": "这是链接或设备，不是图片；请直接打包图片本身。",
    "method": "压缩方式不常见，请用常用方式（Deflate）重新打包。",
    "large": "超过允许的 {megabytes:g} MB，请保存得小一些。",
    "dense": "解压后大小超过原来的 {ratio} 倍，图片不会如此；请直接发送图片。",
    "total": "压缩包解压后超过 {total:g} MB，请拆分。",
}

TABLE = "结果"
TABLE_NOTE = "点击图片名称，可在“检查”页中打开；点击表头，可按该列排序。"
PICTURE = "图片"
ANSWER = "结论"
CHECKED = {True: "已用其他版本核查", False: "初步结论，未经核查"}
PROBABILITY = "概率"
FACES = "人脸数"
NOT_READ = "无法读取"
NO_VALUE = "–"
OPEN = "在“检查”页中打开 {name}"

FILTER_ANSWER = "结论"
FILTER_ARTIFACT = "发现的痕迹"
FILTER_LEAST = "概率不低于（%）"
ALL = "全部"
SHOWN = "显示 {shown} 张，共 {total} 张"

DOWNLOADS = "下载"
GET_PREDICTION = "prediction.csv"
GET_FULL = "全部结果（CSV）"
GET_JSON = "全部结果（JSON）"
GET_REPORT = "报告（HTML）"
DOWNLOADS_NOTE = "prediction.csv（img_name,y_pred）只含有得分的图片；其余文件列出每一张图片，没有得分的附有原因。"

REPORT_TITLE = "检测器对 {count} 张图片的判断"
REPORT_STOPPED = "这一批被中途停止：共 {total} 张图片，已判断 {done} 张。"
