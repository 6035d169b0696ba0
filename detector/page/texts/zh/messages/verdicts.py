"""What is said of a picture: its scope, verdict and evidence."""

VERDICTS = {
    # detector/messages.py
    "{first}, {second}": "{first}、{second}",
    "{first} and {last}": "{first}和{last}",
    # detector/verdict.py
    "{count} pictures of {name}": "{name} 中的 {count} 张图片",
    "{count} pictures of {name}, most of them damaged on the way": "{name} 中的 {count} 张图片，其中多数在传输中受损",
    # detector/analyse.py
    (
        "This checkpoint is not calibrated, so its probability is no error rate and the answer stays open. Calibrate "
        "it: python -m detector calibrate."
    ): ("该模型检查点尚未校准，给出的概率不能当作错误率，因此不下结论。请先校准：python -m detector calibrate。"),
    "This looks like several photos side by side: each face beside a seam was judged within its own photo.": (
        "这张图片看起来由几张照片拼成：紧靠接缝的人脸只在各自的照片范围内判定。"
    ),
    "{count} faces were found; the {most} largest were judged.": (
        "共找到 {count} 张人脸，只判定了其中最大的 {most} 张。"
    ),
    # detector/scope.py
    "face": "脸部",
    "picture's middle": "画面中央",
    (
        "No face was found, so the whole picture was judged. The detector learned from face portraits; trust this "
        "answer less, or crop the picture to the face."
    ): (
        "没有找到人脸，因此判定的是整张图片。检测器是用人脸肖像训练的，这个结论的可信度较低；"
        "也可以先把图片裁剪到脸部再试。"
    ),
    (
        "The largest face is {value:.0f} px wide, less than {limit:.0f}: too few pixels for the traces of a "
        "manipulation. Look for a larger version of the picture."
    ): ("最大的人脸只有 {value:.0f} 像素宽，不到 {limit:.0f} 像素，像素太少，留不下篡改痕迹。请找一张更大的版本。"),
    "{value:.0f} of the judged faces are too small to tell anything. Crop the picture to the face you mean.": (
        "所判定的人脸中有 {value:.0f} 张太小，无法说明任何问题。请把图片裁剪到您关心的那张脸。"
    ),
    (
        "The picture shows no face that is found, and its shorter side has {value:.0f} px, less than {limit:.0f}. "
        "Look for a larger version of it."
    ): ("图片中没有找到人脸，而且短边只有 {value:.0f} 像素，不到 {limit:.0f} 像素。请找一张更大的版本。"),
    (
        "The whole file is {value:,.0f} bytes, less than {limit:,.0f}; fine traces do not fit in. Look for the "
        "original file."
    ): ("整个文件只有 {value:,.0f} 字节，不到 {limit:,.0f} 字节，容不下细微痕迹。请找原始文件。"),
    (
        "The file is stored at about JPEG quality {value:.1f}, below {limit:.0f}, which wipes out the traces of a "
        "manipulation. Look for the original file."
    ): ("文件的 JPEG 质量约为 {value:.1f}，低于 {limit:.0f}，篡改痕迹会因此被抹掉。请找原始文件。"),
    (
        "The file was stored before at about JPEG quality {value:.0f}, more coarsely than now, and what was lost "
        "then is lost. Look for the original file."
    ): ("文件此前曾以约 {value:.0f} 的 JPEG 质量保存过，比现在粗糙，当时丢失的细节已无法恢复。请找原始文件。"),
    (
        "The {where} is nearly black: its lightest places reach {value:.0f} of 255, less than {limit:.0f}. Look for "
        "a lighter picture; brightening this one does not bring back what is missing."
    ): (
        "{where}几乎全黑：最亮处也只有 {value:.0f}（满值 255），不到 {limit:.0f}。请找一张更亮的图片；"
        "把这张调亮也找不回丢失的细节。"
    ),
    ("{value:.0%} of the {where} is plain white, {limit:.0%} or more, and shows nothing. Look for a darker picture."): (
        "{where}有 {value:.0%} 是纯白（达到或超过 {limit:.0%}），看不出任何内容。请找一张更暗的图片。"
    ),
    (
        "The {where} is blurred or was enlarged: its fine detail has {value:.3f} times its coarse detail's strength, "
        "less than {limit:.3f}. Look for a sharper picture."
    ): (
        "{where}模糊，或者被放大过：细微细节的强度只有粗略细节的 {value:.3f} 倍，不到 {limit:.3f}。"
        "请找一张更清晰的图片。"
    ),
    (
        "The {where} is noisy: neighbouring pixels differ by about {value:.0f} of 255 levels for no reason, "
        "{limit:.0f} or more. Look for a cleaner picture."
    ): (
        "{where}噪点多：相邻像素无缘无故相差约 {value:.0f} 级（满值 255），达到或超过 {limit:.0f}。"
        "请找一张更干净的图片。"
    ),
    (
        "The {where} looks drawn, painted, rendered or sculpted: {value:.0%}, where of the photos it was tried on one "
        "in two hundred reaches {limit:.0%}. The detector learned from photos; if this is one, look for the original "
        "file."
    ): (
        "{where}看起来像是绘制、绘画、渲染或雕塑而成：{value:.0%}"
        "（在测试过的真实照片中，每两百张有一张达到 {limit:.0%}）。检测器是用照片训练的；如果这是照片，请寻找原始文件。"
    ),
    "it looks painted": "看起来像绘画",
    (
        "The skin looks smoothed, as by a beauty filter: {value:.0%}, where of the photos it was tried on one in two "
        "hundred reaches {limit:.0%}. Such a filter leaves traces of its own, and hides others: look for the "
        "unfiltered picture."
    ): (
        "皮肤看起来被磨皮过，像是用了美颜滤镜：{value:.0%}（在测试过的真实照片中，每两百张有一张达到 {limit:.0%}）。"
        "这类滤镜会留下自己的痕迹，也会掩盖其他痕迹：请找未加滤镜的图片。"
    ),
    "its skin looks smoothed": "皮肤看起来被磨皮过",
    (
        "The {where} looks carved or cast, as a statue's: {value:.0%}, where of the photos it was tried on one in two "
        "hundred reaches {limit:.0%}. The detector learned from photos of living faces; if this is one, look for the "
        "original file."
    ): (
        "{where}看起来像是雕刻或浇铸的，如同雕像：{value:.0%}（在测试过的真实照片中，每两百张有一张达到 {limit:.0%}）。"
        "检测器是用真人面部照片训练的；如果这是真人照片，请寻找原始文件。"
    ),
    "it looks like a statue": "看起来像雕像",
    "blur": "模糊",
    "noise": "噪点",
    (
        "{value:.0%} of the {where} has no shading at all, {limit:.0%} or more, as in drawings. The detector learned "
        "from photos; use a photo."
    ): (
        "{where}有 {value:.0%} 完全没有明暗过渡（达到或超过 {limit:.0%}），像是绘画。检测器是用照片训练的，请使用照片。"
    ),
    (
        "Only {value:.0%} of the tones of the {where} occur, less than {limit:.0%}, as after a poster filter or in a "
        "sketch. Look for the unfiltered picture."
    ): ("{where}只用到了 {value:.0%} 的色阶，不到 {limit:.0%}，像是加过海报滤镜或是素描。请找未加滤镜的图片。"),
    (
        "The colours are extreme: in a tenth of the {where} the channels lie {value:.0f} of 255 apart or more; "
        "{limit:.0f} is too much. Look for the unfiltered picture."
    ): (
        "颜色过于极端：{where}有十分之一的区域，各颜色通道相差 {value:.0f}（满值 255）或更多，达到 {limit:.0f} "
        "就算过大。请找未加滤镜的图片。"
    ),
    (
        "The picture looks like a screenshot: it holds about {value:.0f} lines of text on a plain ground. Open the "
        "photo itself, or crop the screenshot to it."
    ): ("这张图片像是屏幕截图：纯色背景上约有 {value:.0f} 行文字。请打开照片本身，或者把截图裁剪到照片部分。"),
    # detector/sentences.py
    "Face edge": "脸部边缘",
    "Lighting": "光照",
    "Background": "背景",
    "Sharpness": "清晰度",
    "Hair": "头发",
    "a trace of face edge": "脸部边缘痕迹",
    "a trace of lighting": "光照痕迹",
    "a trace of background": "背景痕迹",
    "a trace of sharpness": "清晰度痕迹",
    "a trace of hair": "头发痕迹",
    "along the face edge": "脸部边缘",
    "inside the face": "脸部内部",
    "on the hair": "头发上",
    "on neck and clothes": "颈部和衣服上",
    "in the background": "背景中",
    "none of the named artifacts stands out": "各类已命名的痕迹都不突出",
    "this checkpoint names no artifacts": "该模型检查点不区分痕迹种类",
    "{traces} stands out": "{traces}较为突出",
    "{traces} stand out": "{traces}较为突出",
    "Judged as likely manipulated, and {stands}.": "判定为很可能经过篡改，{stands}。",
    (
        "The trace along the face edge is strong, but the skin looks smoothed, and a filter that smooths skin leaves "
        "such a trace, too; so the picture is not called manipulated for it."
    ): "脸部边缘的痕迹很强，但皮肤看起来经过磨皮，而磨皮滤镜也会留下这样的痕迹，因此不据此判定为经过篡改。",
    (
        "Judged as likely manipulated: {stands}. Hardly one of {photos:.0f} real photos should show so strong a trace, "
        "so it is enough by itself."
    ): (
        "判定为很可能经过篡改：{stands}。每 {photos:.0f} 张真实照片中几乎不会有一张出现这样强的痕迹，"
        "因此单凭它就足以作出判定。"
    ),
    "Judged as likely manipulated, but {none}: the verdict rests on other traces.": (
        "判定为很可能经过篡改，但{none}：结论依据的是其他痕迹。"
    ),
    "Judged as likely manipulated, but {none}: the verdict rests on other traces; {where}.": (
        "判定为很可能经过篡改，但{none}：结论依据的是其他痕迹；{where}。"
    ),
    "Judged as likely authentic, yet {stands}: look for yourself.": "判定为很可能真实，但{stands}：请您自己再看一看。",
    "Judged as likely authentic, and {none}.": "判定为很可能真实，{none}。",
    "The verdict stays open; {said}.": "暂不下结论；{said}。",
    (
        "The answer does not hold: {count} of {views} other deliveries of the same picture speak against it (as: "
        "{names}), so it stays open."
    ): ("结论不稳定：同一图片的 {views} 个其他版本中有 {count} 个与它相反（例如：{names}），因此不下结论。"),
    "The picture as a whole looks authentic, but {stands}, so it is not called so.": (
        "图片整体看来像是真实的，但{stands}，因此不判定为真实。"
    ),
    (
        "The traces of a manipulation would not show here ({causes}), so the picture is not called authentic."
    ): "在这张图片上看不出篡改的痕迹（{causes}），因此不判定为真实。",
    "{name}, {probability:.0%}: {where}.": "{name}（{probability:.0%}）：{where}。",
    "{name}, {probability:.0%}: its map shows where; the regions of this face could not be told apart.": (
        "{name}（{probability:.0%}）：位置见其热力图；这张脸的各个区域无法分清。"
    ),
    "{said} A measurement without the classifier agrees: higher than in {share:.0f}% of real photos.": (
        "{said}不依赖分类器的测量与此一致：高于 {share:.0f}% 的真实照片。"
    ),
    "{said} A measurement without the classifier sees nothing unusual here.": "{said}不依赖分类器的测量未见异常。",
    "{share:.0%} of its evidence lies {place}": "{share:.0%} 的证据位于{place}",
    "{share:.0%} of its evidence lies {place}, {ratio:.1f} times that region's share of the picture": (
        "{share:.0%} 的证据位于{place}，是该区域所占画面比例的 {ratio:.1f} 倍"
    ),
    # detector/stability.py
    "three quarters of the size": "缩小到四分之三",
    "half the size": "缩小到一半",
    "half the size, JPEG 75": "缩小到一半，JPEG 75",
    "cropped by 6%": "裁去 6%",
    "cropped off centre": "偏心裁剪",
    "mirrored": "左右翻转",
    # detector/causal.py
    "So the score does rest on these places.": "可见分数确实取决于这些位置。",
    "So these places matter a little more than others, not clearly.": (
        "可见这些位置只比其他位置略重要一些，差别并不明显。"
    ),
    "So the score rests on these places no more than on others: do not lean on this map.": (
        "可见分数并不比其他位置更依赖这些位置：请不要以这张热力图为据。"
    ),
    "No place of this map is warm enough to be worth a look, so there is nothing to check.": (
        "这张热力图上没有热到值得一看的位置，因此无需核对。"
    ),
    (
        "With the hottest {share:.0%} of the judged square smoothed away, the score {moved}; with as much smoothed "
        "elsewhere it {elsewhere}. {meaning}"
    ): ("把所判方框中最热的 {share:.0%} 抹平后，分数{moved}；在其他位置抹平同样大的面积后，分数{elsewhere}。{meaning}"),
    "stays the same": "不变",
    "rises by {rise:.1f} logits": "上升 {rise:.1f} logit",
    "falls by {fall:.1f} logits": "下降 {fall:.1f} logit",
    "falls by at most {fall:.1f} logits": "最多下降 {fall:.1f} logit",
    # detector/cues
    "Cannot be assessed: {reason}.": "无法评估：{reason}。",
    "{measured}.": "{measured}。",
    "{measured}; {usual}": "{measured}；{usual}",
    "{measured}. How usual that is cannot be told: look at the picture.": (
        "{measured}。这在真实照片中是否常见，无法判断：请看图。"
    ),
    "{said} {question}": "{said}{question}",
    "{share:.0f} % of real photos of like size and quality reach its value of {value:.2f}.": (
        "在大小和质量相近的真实照片中，{share:.0f}% 能达到这个数值（{value:.2f}）。"
    ),
    "fewer than 1 % of real photos of like size and quality reach its value of {value:.2f}.": (
        "在大小和质量相近的真实照片中，不到 1% 能达到这个数值（{value:.2f}）。"
    ),
    "the face's square has {side} px a side, at least {least} are needed": (
        "脸部方框边长只有 {side} 像素，至少需要 {least} 像素"
    ),
    "face, hair and background could not be told apart with certainty": "脸、头发和背景无法可靠区分",
    "too little skin is visible, or nothing but the face": "可见的皮肤太少，或者画面中只有脸",
    "no face was found": "没有找到人脸",
    "the face is too small": "脸太小",
    "too little bare skin along the outline of the face": "脸部轮廓附近裸露的皮肤太少",
    (
        "Skin colour steps by {step:.1f} (Lab) along a ring at {place:.0%} of the face's outline, by {usual:.1f} "
        "along the usual ring; {detail}"
    ): ("在脸部轮廓 {place:.0%} 处的一圈上，肤色跳变 {step:.1f}（Lab 单位），其他各圈一般为 {usual:.1f}；{detail}"),
    "detail on the face is {factor:.1f} times stronger than around it": "脸上的细节强度是周围的 {factor:.1f} 倍",
    "detail on the face is {factor:.1f} times weaker than around it": "周围的细节强度是脸上的 {factor:.1f} 倍",
    (
        "The face is brightest towards the {side}, hair, body and background towards the {other}: {angle:.0f}° "
        "apart, ±{spread:.0f}° (conflict {value:.2f})"
    ): (
        "脸部的亮侧朝{side}，头发、身体和背景的亮侧朝{other}：相差 {angle:.0f}°，误差 ±{spread:.0f}°（冲突值 "
        "{value:.2f}）"
    ),
    "right": "右",
    "upper right": "右上",
    "top": "上",
    "upper left": "左上",
    "left": "左",
    "lower left": "左下",
    "bottom": "下",
    "lower right": "右下",
    "the face": "脸部",
    "hair, body and background": "头发、身体和背景",
    "hair": "头发",
    "surroundings": "周围环境",
    "the light on the {even} is too even to tell its direction (±{spread:.0f}°)": (
        "{even}的光照太均匀，无法判断方向（±{spread:.0f}°）"
    ),
    "too little of {what} is visible": "可见的{what}太少",
    "only {share:.0%} of the square is background": "方框中只有 {share:.0%} 是背景",
    "Nothing repeats clearly behind the person (correlation {value:.2f})": (
        "人物身后没有明显的重复图案（相关系数 {value:.2f}）"
    ),
    "The background repeats with a period of {period:.1f} px (correlation {value:.2f}, the person's deducted)": (
        "背景以 {period:.1f} 像素为周期重复（相关系数 {value:.2f}，已扣除人物自身的相关）"
    ),
    "too little of the picture has detail to compare": "有细节可供比较的画面太少",
    (
        "Inside one part of the picture, sharpness jumps by a factor of up to {jump:.1f} between neighbouring "
        "places; usual in this picture is {usual:.1f}"
    ): ("在画面的同一部分内，相邻位置的清晰度最多相差 {jump:.1f} 倍；这张图片一般为 {usual:.1f} 倍"),
    "hardly any hair is visible": "几乎看不到头发",
    "the brows, with which hair is compared, are not visible": "看不到用来与头发比较的眉毛",
    "the line between hair and skin is not visible": "看不到头发与皮肤的交界线",
    "the hair is too thin to compare its places": "头发太稀薄，各处之间无法比较",
    "lighter": "亮",
    "darker": "暗",
    (
        "Within the hair, sharpness jumps by a factor of up to {jump:.1f}; the hair is {difference:.0f} (L*) "
        "{compared} than the brows, its edge against the skin has a crispness of {crisp:.2f}"
    ): (
        "头发内部的清晰度最多相差 {jump:.1f} 倍；头发比眉毛{compared} {difference:.0f}（L*），与皮肤交界处的锐度为 "
        "{crisp:.2f}"
    ),
    "Please judge yourself: does this hair fit the age of the face?": "请您自己判断：这头发与脸的年龄相符吗？",
    # detector/forensics.py
    "Error level": "误差级别（ELA）",
    (
        "What saving the picture once more as JPEG (quality {quality}) changes, made {gain} times brighter: places "
        "of like texture should be alike, and a pasted one that was saved differently may stand out."
    ): (
        "把图片再存一次 JPEG（质量 {quality}）所引起的变化，亮度放大 {gain} 倍：纹理相近的地方应当相近，"
        "以不同方式保存过的拼贴部分可能会显现出来。"
    ),
    (
        "Edges and texture are bright in every picture, smooth skin is dark in every picture, and one more saving or "
        "a resize wipes real differences out."
    ): ("任何图片的边缘和纹理都偏亮，光滑的皮肤都偏暗；再保存一次或缩放一次，真正的差异就会消失。"),
    "Noise": "噪声",
    (
        "How strong the finest detail is (what a 3 × 3 median takes away), made {gain} times brighter: a camera's "
        "noise is much alike on surfaces of like brightness, so a patch without any may come from elsewhere."
    ): (
        "最细微细节（3 × 3 中值滤波去掉的部分）的强度，亮度放大 {gain} 倍：亮度相近的表面上，相机噪声也相近，"
        "因此没有噪声的一块可能来自别处。"
    ),
    (
        "Focus, denoising, make-up and compression smooth real faces too, and hair and fabric shine without being "
        "noise."
    ): ("对焦、降噪、化妆和压缩也会使真实的脸变得平滑；头发和织物会显得很亮，但那不是噪声。"),
    "Spectrum of the noise": "噪声频谱",
    (
        "Which periods the finest detail has: slow in the middle, 2 px at the rim; single bright dots away from the "
        "middle mean that something repeats, as up-sampling in a generator does."
    ): (
        "最细微细节中含有哪些周期：中央为低频，边缘对应 2 像素；远离中央的孤立亮点说明有东西在重复，"
        "例如生成模型的上采样。"
    ),
    "JPEG's 8 × 8 blocks, enlarging, screens and woven cloth make dots too, and many generators leave none.": (
        "JPEG 的 8 × 8 分块、放大、屏幕和织物也会产生亮点，而许多生成模型并不留下亮点。"
    ),
}
