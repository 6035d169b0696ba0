"""Every sentence of the page in simplified Chinese; the larger tabs have files of their own beside this."""

from ....messages import translated
from ....verdict import Answer
from . import batch, inspect, learn, review
from .messages import MESSAGES

__all__ = ["batch", "inspect", "learn", "review"]

CODE = "zh"
LANGUAGE = "中文"
COLON = "："
BREAK = "；"  # between the items of a list


def say(sentence: str | Exception) -> str:
    """A sentence made below the page, or what an exception says."""
    return translated(sentence, MESSAGES)


TITLE = "人脸深度伪造检测器"
LEAD = "放入一张人脸图片，页面会告诉您它被篡改的可能性有多大，并标出在哪里发现了痕迹。"
PRIVACY = "图片只留在本服务器上，绝不外传，{minutes} 分钟内删除。"

PICTURE = "图片"
DROP = "把图片拖到这里、粘贴、点击选择文件，或使用摄像头"
EXAMPLES = (
    "示例：原图，以及各自带有一处伪造痕迹的版本"
    "（艾琳·柯林斯 Eileen Collins：NASA；格蕾丝·霍珀 Grace Hopper：美国海军；均属公有领域）"
)
WAITING = "判定结果将显示在这里。"

METHOD = "热力图方法"
OPACITY = "热力图不透明度"
FILE = "文件信息：相机、软件、内容凭证和取证视图"
DETAILS = "热力图方法和全部测量数据（JSON）"
DETAILS_BUTTON = "以 JSON 显示分析结果"
NO_PICTURE = "请先选择一张图片。"
GONE = "图片已不在服务器上，请重新选择。"
NO_LINKS = "不会打开链接，请直接上传图片。"

LABELS = {
    "fake": "总体篡改",
    "face_edge": "脸部边缘被篡改",
    "lighting": "光照不一致",
    "background": "人造背景",
    "sharpness": "清晰度不均",
    "hair": "头发不协调",
}

ANSWERS = {
    Answer.MANIPULATED: "很可能经过篡改",
    Answer.AUTHENTIC: "很可能真实",
    Answer.UNDECIDED: "无法判断",
    Answer.NOT_ASSESSED: "未作评估",
}
# What an answer does not mean, said beside it.
CAUTION = {
    Answer.MANIPULATED: "真实照片偶尔也会得到这个结论。采取行动之前，请先看证据。",
    Answer.AUTHENTIC: "没有发现已知的痕迹。不过，网络从未见过的伪造类型也常常得到这个结论。",
    Answer.UNDECIDED: "无论判为哪一种，都无法保证所要求的错误率。",
}
SHORT = {
    Answer.MANIPULATED: "篡改",
    Answer.AUTHENTIC: "真实",
    Answer.UNDECIDED: "未定",
    Answer.NOT_ASSESSED: "未评估",
}
PROBABILITY = "被篡改的概率"
CALIBRATED = "校准数据：{data}；以所有图片中有一半经过篡改为前提。"
LEVELLED = "各具名痕迹的数字不是概率：一百张真实照片里有一张会达到 50%。"
FACES = {0: "未找到人脸", 1: "找到 1 张人脸"}
MANY_FACES = "找到 {count} 张人脸，以其中最可疑的一张为准"
REFUSED = "未作评估"

MEANING = (
    "颜色越暖，表示网络在那里发现的篡改痕迹越强；同一种颜色在任何图片上都代表同样的强度，"
    "所以没有痕迹的图片几乎不着色。轮廓线大致标出突出痕迹所及的范围。暖色只是请您亲眼查看的提示，并不是证据；"
    "没有着色也不能证明图片真实：网络从未见过的伪造类型同样不会着色。"
)
LEGEND_COLD = "无"
LEGEND_HOT = "强"
ALT_PICTURE = "被判定的图片"
ALT_HEAT = "热力图：{label}"

HOLDS = "在同一图片的其他 {count} 个版本上，结论保持不变（{low} 到 {high}）。"
SPREAD = "在同一图片的其他 {count} 个版本上，概率在 {low} 到 {high} 之间。"
VIEWS = "结论稳定吗？把图片重新编码、缩放、裁剪、翻转后再判定"
ALT_VIEW = "处理后被判定的图片：{name}"
LIMITS = (
    "概率达到 {upper} 判为篡改，不超过 {lower} 判为真实。以 {data} 测得，在给出结论的图片中，"
    "这两个界限使误报率不超过 {false_alarms:.1%}，漏报率不超过 {misses:.1%}；另有 {undecided:.0%} 不下结论。"
    "对其他来源的图片，错误率可能更高。"
)
LIMITS_SHARED = "图中有 {faces} 张人脸，误报率由它们分摊，因此判为篡改的门槛更高。"
NO_LIMITS = "该模型检查点没有设定下结论的界限。"

ACCUSATION = "如果据此采取行动：被指为伪造的图片中，有多少是冤枉的？"
PREVALENCE = "在您检查的每 100 张图片中，有多少张经过篡改？"
ACCUSED = (
    "如果有 {percent:g}% 的图片经过篡改，那么每 100 张被判为篡改的图片中，"
    "有 {wrong:.0f} 张其实是真实照片（{low:.0f} 到 {high:.0f} 张之间）。"
)
ACCUSED_LEGEND = ("真实照片，被冤枉", "可能被冤枉（区间之内）", "经过篡改")
ACCUSED_RATES = "在留出的测试图片中，经过篡改的有 {found}被判为篡改，真实的有 {alarmed}被判为篡改。"
ACCUSED_NOTE = "这里没有计入对其他版本的核查；训练中从未见过的伪造类型更不容易被发现。"
ACCUSED_OPEN = "该模型检查点尚未校准，错误率未知。"
RATE = "{value:.1%}（95% 置信区间 {low:.1%} 到 {high:.1%}）"

FOUND = "发现了什么"
OF_FACE = "：人脸 {number}"
HOTTEST = "最热的位置：{label}"
NO_HOT_PLACE = "这张热力图上没有热到值得一看的位置。"
CROP = "{number} · 宽 {side} 像素，位于 x {x}，y {y}"
ALT_CROP = "从图片中截取的第 {number} 个热点"
SHARES = "这张热力图的证据分布在哪里"
SHARES_NOTE = "前一个数：该区域所占证据的比例。后一个数：该区域占所判方框面积的比例。"
UNSURE_REGIONS = "这张脸的各个区域无法可靠区分，因此不以它们为依据。"
PLACES = {
    "face_edge": "脸部边缘",
    "face": "脸部",
    "hair": "头发",
    "body": "颈部和衣服",
    "background": "背景",
}
CUES = "不依赖网络的测量"
CUES_NOTE = "直接对像素作简单测量，再与大小和质量相近的真实照片比较，完全不经过网络。"
ALT_CUE = "测量：{label}"
REGIONS_TITLE = "脸部区域"
REGIONS = "白线为脸部边缘。区域识别器对这张脸的把握为 {percent}。"
ALT_REGIONS = "识别出的区域"

# Is the heatmap true? The stamps of detector/causal.py: a sign that needs no colour, and words.
STAMPS = {
    "supported": ("✓", "热力图得到支持"),
    "weak": ("~", "热力图的支持较弱"),
    "not supported": ("✗", "热力图未得到支持"),
    "not applicable": ("–", "无需核对"),
}

# File facts: what detector/metadata found, and the views of detector/forensics.py.
FILE_FACTS = "文件自身的信息"
FILE_FACTS_NOTE = (
    "这些信息列在结论旁边供参考，并不计入结论。任何人都可以修改或删除它们：多数网站会从真实照片中去掉这些信息，"
    "所以缺少它们说明不了什么；只有经过签名的凭证才难以伪造。"
)
NO_FILE = "没有可供查看的文件数据。"
NOT_THERE = "文件中没有"
UNREADABLE = "无法读取：{reason}"
PARTS = {
    "file": "文件",
    "exif": "EXIF",
    "xmp": "XMP",
    "jpeg": "JPEG 编码",
    "thumbnail": "内嵌缩略图",
    "credentials": "内容凭证（C2PA）",
    "signs": "AI 生成工具的标记",
}
EXIF_FIELDS = {
    "make": "相机厂商",
    "model": "相机型号",
    "lens": "镜头",
    "software": "软件（EXIF）",
    "original": "拍摄时间",
    "digitised": "数字化时间",
    "modified": "修改时间",
}
EXIF_ORIENTATION = "方向"
GPS = "地点（GPS）"
GPS_SAID = {True: "文件中有坐标，这里不读出", False: NOT_THERE}
XMP_FIELDS = {
    "creator_tool": "创建工具（XMP）",
    "source": "数字来源类型（IPTC）",
    "credit": "署名",
    "remote_credentials": "据称凭证存放于",
}
XMP_HISTORY = "编辑历史中的程序"
JPEG_EXACT = "质量 {quality}，量化表与 libjpeg 完全一致"
JPEG_OTHER = "使用自有量化表，接近 libjpeg 的质量 {quality}"
JPEG_CODING = "{tables}；色度抽样 {subsampling}；{order}"
JPEG_ORDER = {True: "渐进式", False: "基线式"}
JPEG_SOFTWARE = "最后保存它的程序（推测）"
JPEG_UNKNOWN = "无法判断：相机、手机和许多程序都使用自有的量化表"
THUMBNAIL_SAME = "{size}；与图片内容相同（单处最大相差 {place:.0f} 级灰度，共 255 级）"
THUMBNAIL_DIFFERS = (
    "{size}；与图片不同：形状相差 {stretch:.0%}，灰度平均相差 {mean:.0f} 级，单处最大相差 {place:.0f} 级。"
    "图片可能被裁剪过，或被保留旧缩略图的程序编辑过；有些相机和手机写入的缩略图本来就经过裁剪或调色。"
)
THUMBNAIL_ALONE = "{size}；未作比较，只有 JPEG 才比较"
CREDENTIALS = {
    "absent": NOT_THERE,
    "trusted": "有效，且签名者在受信任名单上",
    "valid": "完好：文件自签名以来没有改动。签名者的身份未经确认：手头没有受信任签名者的名单，"
    "而任何人都可以用任意名称制作证书",
    "altered": "无效：文件在签名之后被改动过",
    "invalid": "无效：签名、证书或凭证的格式未通过校验",
    "elsewhere": "文件只写明了凭证所在的地址；这里不会访问任何地址",
    "unchecked": "未校验",
}
CREDENTIALS_FIELDS = {"issuer": "签名所用名称", "generator": "签名程序", "signed": "签名时间"}
SOURCES = "凭证所述的图片来源"
INGREDIENT_SOURCES = "凭证所述的素材来源"
SOURCE_TYPES = {
    "trainedAlgorithmicMedia": "由训练所得的模型（AI）生成",
    "compositeWithTrainedAlgorithmicMedia": "合成图片，部分内容由训练所得的模型（AI）生成",
    "digitalCapture": "由数码相机拍摄",
    "computationalCapture": "由相机的多次拍摄计算合成",
}
PROBLEMS = "未通过的项目"
SIGN = "{place} 指向 {tool}：“{quote}”"
NO_SIGNS = "没有发现已知的标记；这类标记很容易去除"
FORENSICS = "像素的取证视图"
FORENSICS_NOTE = "供有经验的人查看。单凭其中任何一种都分不出真假，结论也不使用它们。"
ALT_FORENSIC = "图片的{name}视图"
FORENSIC = "{name}。{reading}注意：{misleading}"

# Is the picture in scope?
SCOPE_REFUSED = "不显示分数：对这张图片而言，分数没有意义。"
SCOPE_WARNED = "请谨慎判断"
SCOPE_CARE = "检测器对这类图片不太可靠，下面的分数参考价值较低。"

# The report: one HTML file of an analysis.
REPORT = "生成这张图片的报告"
REPORT_GET = "下载报告（HTML）"
REPORT_TITLE = "检测器对 {name} 的判定"
REPORT_FACTS = "报告是怎样得出的"
REPORT_DECISIONS = "复核者的判断"
REPORT_REVISED = "{blind}；看到检测器的结论之后：{final}"
REPORT_WHEN = "生成时间"
REPORT_FILE = "文件"
REPORT_PIXELS = "像素的 SHA-256"
REPORT_MODEL = "模型"
REPORT_CALIBRATION = "校准"
REPORT_SETTINGS = "设置"
REPORT_VERSIONS = "版本"
REPORT_LIMITS = (
    "这只是供人查看的提示，不是证据：检测器会误报，也会漏报，错误率见其模型卡；从未见过的伪造，它可能判为真实。"
)

# The tabs, and the Lab.
TAB_INSPECT = "检查"
TAB_LAB = "实验室"
LAB_PICTURE = "要伪造的肖像"
LAB_ARTIFACT = "要加入的伪造痕迹"
LAB_STRENGTH = "伪造强度"
LAB_ANOTHER = "换一种方式伪造"
LAB_NOTE = (
    "自己做一次伪造，看看能不能被发现。这些痕迹正是网络训练时学过的，由同一个程序生成；"
    "真正的伪造者会怎么做，是另一回事。"
)
LAB_WAITING = "伪造结果将显示在这里。"
LAB_NO_DONOR = "头发要取自某个示例，而现在没有示例。"
LAB_FORGED = "已伪造（{variant}）"
VARIANTS = {
    "ellipse": "椭圆",
    "outline": "脸部轮廓",
    "ramp": "线性渐变光",
    "mirror": "镜像光",
    "ball": "球面光",
    "checkerboard": "棋盘格",
    "waves": "波纹",
    "blocks": "色块",
    "tiles": "重复贴片",
    "molten": "熔化状",
    "blur": "模糊",
    "sharpen": "锐化",
    "resample": "重采样",
    "median": "中值滤波",
    "swap": "整体替换",
    "fill": "按原形填充",
    "part": "局部替换",
}
LAB_MASK = "被改动的部分"
LAB_UNKNOWN = "该模型检查点没有“{label}”的热力图，这里显示总体篡改的热力图。"
LAB_CURVE = "强度降到多少，检测器就看不出来了？"
