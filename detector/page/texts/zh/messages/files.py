"""What is said of files that cannot be judged, of metadata, and of forgeries that cannot be made."""

FILES = {
    # detector/images.py, decode.py, colour.py: what is wrong with a picture
    "The picture": "这张图片",
    '"{name}"': "“{name}”",
    "{who} {wrong}": "{who}{wrong}",
    "{who} is damaged or cut off ({why}); export or download it again.": (
        "{who}已损坏或不完整（解码器报告：{why}）；请重新导出或下载。"
    ),
    "cannot be a {kind}; pass a path, bytes, PIL image or array.": "不能是 {kind}；请传入路径、字节、PIL 图像或数组。",
    "is a folder; choose a picture inside it.": "是一个文件夹；请选择其中的图片。",
    "is not an ordinary file; save the picture to disk first.": "不是普通文件；请先把图片保存到磁盘。",
    "does not exist; check the path.": "不存在；请检查路径。",
    "may not be read; change its permissions.": "没有读取权限；请修改它的权限。",
    "cannot be read ({why}); check the path and the disk.": "无法读取（{why}）；请检查路径和磁盘。",
    "was opened as text; open it in mode 'rb'.": "是以文本方式打开的；请用 'rb' 模式打开。",
    "is larger than the {most:g} MB allowed; save it smaller.": "超过了允许的 {most:g} MB；请存得小一些。",
    "is empty ({width}×{height} pixels); choose another one.": "是空的（{width}×{height} 像素）；请换一张。",
    "has {width}×{height} pixels, more than the {most:g} megapixels allowed; scale it down first.": (
        "有 {width}×{height} 像素，多于允许的 {most:g} 百万像素；请先缩小。"
    ),
    "is an array of shape {shape}; pass H×W, or H×W×C with 1 to 4 channels.": (
        "是形状为 {shape} 的数组；请传入 H×W，或 1 至 4 个通道的 H×W×C。"
    ),
    "holds grey values from {low:g} to {high:g}; save it as 8 or 16 bit.": (
        "的灰度值范围为 {low:g} 到 {high:g}；请存为 8 位或 16 位。"
    ),
    "is an array of {kind}; pass uint8, uint16, bool or float in 0..1.": (
        "是 {kind} 类型的数组；请传入 uint8、uint16、bool 或 0..1 的浮点数。"
    ),
    "is a float array from {low:g} to {high:g}; scale it to 0..1, without NaN.": (
        "是取值为 {low:g} 到 {high:g} 的浮点数组；请缩放到 0..1，且不含 NaN。"
    ),
    "is empty (0 bytes); choose another file.": "是空文件（0 字节）；请换一个文件。",
    "is {what}; save it as JPEG, PNG, WebP, AVIF, HEIC, BMP, TIFF or GIF.": (
        "是{what}；请另存为 JPEG、PNG、WebP、AVIF、HEIC、BMP、TIFF 或 GIF。"
    ),
    "is a JPEG of {scans} scans, which no camera writes; save it again as a plain JPEG.": (
        "是含有 {scans} 次扫描的 JPEG，没有相机会这样写；请重新存为普通 JPEG。"
    ),
    "has tiles of more than the {most:g} megapixels allowed; save it as JPEG or PNG.": (
        "的图块超过允许的 {most:g} 百万像素；请另存为 JPEG 或 PNG。"
    ),
    "a PDF document": " PDF 文档",
    "a Photoshop (PSD) file": " Photoshop（PSD）文件",
    "a PostScript file": " PostScript 文件",
    "a JPEG XL picture": " JPEG XL 图片",
    "a JPEG 2000 picture": " JPEG 2000 图片",
    "a video (WebM, MKV)": "视频（WebM、MKV）",
    "a video (MP4, MOV)": "视频（MP4、MOV）",
    "a Git LFS pointer (run `git lfs pull`)": " Git LFS 指针文件（请运行 `git lfs pull`）",
    "an SVG drawing": " SVG 矢量图",
    "a web page": "网页",
    "not a picture in a known format": "无法识别的图片格式",
    # detector/apart
    "takes more memory or time to decode than is allowed; save it as JPEG or PNG.": (
        "解码所需的内存或时间超过允许的限度；请另存为 JPEG 或 PNG。"
    ),
    "needs the package {name} to be read; install it, or save the picture as JPEG.": (
        "需要安装软件包 {name} 才能读取；请安装它，或将图片另存为 JPEG。"
    ),
    "it is cut into too many pieces": "被切成了过多的小块",
    "it points to the same bytes again and again": "反复指向相同的字节",
    # detector/metadata
    "it is cut into more than {most:,} pieces": "被切成了 {most:,} 块以上",
    "it is larger than {most} MB": "超过 {most} MB",
    "it declares a document type, which XMP never does": "声明了文档类型，而 XMP 从不这样做",
    "its report is too long": "报告过长",
    "its quantisation tables are missing": "缺少量化表",
    "{width}×{height} pixels are too many": "{width}×{height} 像素过多",
    "the library c2pa-python is not installed; run `pip install -r requirements.txt`": (
        "未安装 c2pa-python 库；请运行 `pip install -r requirements.txt`"
    ),
    "libjpeg, which most programs and web sites save with": "libjpeg，大多数程序和网站都用它保存",
    "Adobe Photoshop, or a program that borrowed its tables": "Adobe Photoshop，或借用其量化表的程序",
    "an Adobe program, or one that writes Adobe's marker": "Adobe 的程序，或写入 Adobe 标记的程序",
    "grey": "灰度",
    "unknown": "未知",
    "an AI system that the file names": "文件中写明的 AI 系统",
    "a trained model (IPTC source type)": "训练所得的模型（IPTC 来源类型）",
    "parts by a trained model (IPTC source type)": "部分内容由训练所得的模型生成（IPTC 来源类型）",
    # detector/forge
    "No face was found in this picture, so there is nothing to forge; choose a portrait.": (
        "这张图片中没有找到人脸，无法伪造；请选择一张肖像。"
    ),
    "too little background": "背景太少",
    "the face is too small to blend gradients": "脸太小，无法做梯度融合",
    "too little detail to blur or sharpen": "细节太少，无从模糊或锐化",
    "too little of the person was found to relight": "找到的人物区域太小，无法重新打光",
    "hair needs a donor: give the portrait of another person": "换头发需要另一个人的头发：请提供他人的肖像",
    "too little hair, here or on the donor": "这张图片或提供头发的图片中头发太少",
    "the donor's hair does not reach this head": "所提供的头发够不到这个头部",
}
