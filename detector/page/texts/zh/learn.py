"""Sentences of the Learn tab in Chinese: its chapters, in HTML, and the practice game."""

TAB = "学习"
CHAPTERS_LABEL = "章节"
NEXT_CHAPTER = "下一章：{title}"

CHAPTERS = {
    "what": "什么是深度伪造",
    "families": "四大类型",
    "clues": "五条线索",
    "classifier": "分类器如何工作",
    "gradcam": "Grad-CAM 如何工作",
    "finetune": "继续训练",
    "practice": "练习：真实还是篡改？",
}

WHAT = """
<p>深度伪造（deepfake）是由神经网络生成或修改、足以让人信以为真的图片、视频或录音：画面中的人看起来长成那样、\
做了那些事、说了那些话，\
其实都没有发生过。这个词由“深度学习”（deep learning）和“伪造”（fake）合成。</p>
<p>同样的方法也能为影片配音、找回失去的声音，或让演员显得年轻。造成伤害的，是未经本人同意和存心欺骗。</p>
<h3>谁会受害</h3>
<ul>
<li><strong>画面中的人</strong>：未经同意的色情图片、敲诈勒索、名誉受损、丢掉工作。</li>
<li><strong>信以为真的人</strong>：电话里要钱的“亲人”声音、被骗过的身份核验。</li>
<li><strong>所有人</strong>：选举前的虚假场面、凭空捏造的言论、对真实影像的怀疑。</li>
</ul>
<p>最后一点有个名字，叫“说谎者的红利”：大家一旦知道什么都能伪造，做错事的人就可以把真实的影像也说成是假的。\
在一项使用政治类深度伪造的实验中，\
人们更多是感到拿不准，而不是真的受骗；而拿不准的人对社交媒体上的新闻信任更低。</p>
<p>因此检测器在两个方向上都必须谨慎：漏掉一张伪造图会伤人，把真实照片说成伪造同样伤人。所以本页展示证据、给出错误率，\
并且常常回答“无法判断”。</p>
<p class="dd-source">Mirsky 与 Lee，ACM Computing Surveys 2021（定义）；Chesney 与 Citron，California Law Review 2019
（危害、说谎者的红利）；Vaccari 与 Chadwick，Social Media + Society 2020（实验）。</p>
"""

FAMILIES = """
<p>被篡改的人脸大多属于四种类型之一。它们替换的部分不同，保留的部分不同，痕迹所在的位置也就不同。</p>
"""
FAMILY = {
    "swap": (
        "换脸",
        "<p>把另一个人的脸放进这个人的头部。头发、耳朵、脖子和背景不变。新脸必须融合进去，所以要沿着轮廓看：肤色是否突变，"
        "边缘是否发虚，是否有第二道轮廓。</p>"
        '<p class="dd-source">早期不用神经网络的方法：Bitouk 等，SIGGRAPH 2008。</p>',
    ),
    "reenactment": (
        "表情重演",
        "<p>人还是这个人，表情和头部转动来自另一个人。牙齿、口腔内部和眼睛只能凭空补出；光线可能不再符合头部姿态。</p>"
        '<p class="dd-source">Face2Face：Thies 等，CVPR 2016。</p>',
    ),
    "talking": (
        "说话人脸",
        "<p>只有嘴在动，跟着一段录音或合成的声音。有时一张照片就够了。脸的下半部分可能比其余部分更平滑。</p>"
        '<p class="dd-source">Suwajanakorn 等，SIGGRAPH 2017；Wav2Lip：Prajwal 等，ACM Multimedia 2020。</p>',
    ),
    "attributes": (
        "属性编辑",
        "<p>同一个人，换了头发、年龄、眼镜或笑容。网络重画的往往比要求的更多，所以头发、发际和背景可能像融化了一样。</p>"
        '<p class="dd-source">StarGAN：Choi 等，CVPR 2018。</p>',
    ),
}
FAMILIES_END = """
<p>此外还有完全由网络<strong>凭空生成</strong>的人脸（StyleGAN：Karras 等，CVPR 2019；以及文生图模型）。\
那里没有谁的脸被改动，所以也没有接缝可找。</p>
<p>一张图片可以同时属于几种类型；每一类中做得最好的，不会留下肉眼能发现的痕迹。</p>
<p class="dd-source">综述：Verdoliva，IEEE Journal of Selected Topics in Signal Processing 2020。</p>
"""

CLUES = """
<p>下面每一对图片都剪自一张公有领域的肖像：一张未经改动，另一张由我们自己的程序加入了一种痕迹（Grace Hopper：\
美国海军；
Eileen Collins：NASA）。用鼠标、手指或方向键移动分界线。先自己看，再勾选方框查看改动了哪里。</p>
<p>线索只是值得细看的理由，不是证据。正常的照片也会这样：人像模式会虚化，闪光灯只照亮一侧，美颜会磨皮，\
压缩会产生方块，头发可以染色。</p>
"""
CLUE = {
    "face_edge": (
        "脸的边缘",
        "沿着轮廓从一侧耳朵看到下巴，再看到另一侧耳朵。肤色有没有突变？有没有一圈比两侧皮肤更虚或更锐的边？这里脸的中部比额头和脖子更黄。",
    ),
    "lighting": (
        "光线",
        "脸上的光从哪边来？鼻子和下巴的影子落在哪里？再与头发、衣服和背景比较。这里只有脸被右侧的光照亮，其他地方没有。",
    ),
    "background": (
        "背景",
        "放大没人注意的地方。网络和粗心的修图会留下网格、重复的花纹、融化的文字和色块。这里右上方的蓝色背景上有一片细密规则的纹理。",
    ),
    "sharpness": (
        "清晰度",
        "镜头只在一个距离上清晰。距离相同的两处应当同样清晰：眉毛和眼睛，左右衣领。这里帽子的一部分是模糊的，而离镜头并不更近的脸却很清楚。",
    ),
    "hair": (
        "头发",
        "看发际线，以及背景前的一根根发丝。质感、光线和年龄与脸相符吗？这里年轻的脸配上了灰发，边缘像剪出来的一样。",
    ),
}
DETECTED = "当前模型对这种痕迹有专门的热图。随附权重的准确程度写在 <code>detector/weights/README.md</code> 中。"
NOT_DETECTED = "当前模型对这种痕迹没有热图，因此检测器无法指出它。“检查”页只显示一项不使用网络的普通测量。"
BEFORE = "未改动"
AFTER = "伪造"
COMPARE = "移动未改动与伪造之间的分界线：{name}"
OUTLINE = "勾出改动的区域"
ALT_BEFORE = "{name}：未改动的图片"
ALT_AFTER = "{name}：伪造的图片"
NO_PICTURES = "本章的图片没有安装（运行 python -m benchmarks.learn_pictures 可生成）。"

CLASSIFIER = """
<p>分类器是一个卷积神经网络：由许多小滤波器逐层叠成。前面的层寻找边缘和纹理，后面的层寻找脸的各个部分；最后，\
图片的每个位置都给出它在多大程度上\
支持“被篡改”，这些意见再汇总成一个数。本页使用的网络是 <code>{architecture}</code>。</p>
<h3>迁移学习</h3>
<p>谁也没有足够多的伪造图片来从零学起。所以我们从一个已经在一百多万张普通照片（ImageNet）上学会“看”的网络出发，\
换掉最后一层，接着训练。前面的滤波器对几乎任何任务都有用。</p>
{transfer}
<h3>为什么残差块容易训练</h3>
<p>更深的普通网络<em>连在训练图片上</em>也表现更差。残差块把输入加到输出上，<i>y = x + F(x)</i>，\
于是只需学习两者之差。它的导数是\
<i>1 + F′(x)</i>：不论 F 怎样，误差总能沿着捷径传回去，前面的层就能继续学习。</p>
{residual}
<h3>归一化起什么作用</h3>
<p>每个颜色通道先减去均值，再除以标准差，所用的数与最初训练时相同；换了别的数，滤波器看到的就是一个陌生的世界。\
批归一化在各层之间做同样的事：\
训练时用这一批自己的数，使用时用保存下来的平均值。这样各层的尺度相近，可以放心迈更大的步子。</p>
{normalisation}
<h3>数据增强起什么作用</h3>
<p>每张图片每次取出时都会重新镜像、裁剪、调色和压缩，这样死记硬背就没有用。真图和假图经过<em>同样的</em>压缩，\
否则文件格式就会泄露答案。</p>
<p class="dd-source">Yosinski 等，NeurIPS 2014（迁移）；He 等，CVPR 2016（残差块）；Ioffe 与 Szegedy，ICML 2015，\
以及 Santurkar 等，
NeurIPS 2018（批归一化及其有效的原因）。</p>
"""

GRADCAM = """
<p>Grad-CAM 问的是：<em>哪些位置让网络这样判断？</em>它取最后一层的特征图 A<sub>k</sub>，\
每一张都粗略地画出某种模式出现在哪里。\
分数的梯度说明每张特征图有多重要（权重 α<sub>k</sub>，即对所有位置取平均）。特征图的加权和就是热图；\
论文中把负值截去。</p>
{gradcam}
<p>我们的输出层对每张特征图只有一个权重，然后汇总。对这样的输出层，Grad-CAM 的图就<em>是</em>汇总成分数的证据本身，\
只差一个系数。\
我们保留它的正负号和单位，所有图片都用同一色标。</p>
<h3>怎样会误读</h3>
<ul>
<li><strong>“这里是红的，所以这里被伪造了。”</strong>热图显示的是什么抬高了分数。网络可能会错，而且错得颜色鲜艳。</li>
<li><strong>“每张图上都有亮的地方。”</strong>许多程序把每张热图拉伸到自己的最大值，\
于是干净的图片看起来和伪造的一样热。我们的不会。\
先看图例，再看颜色。</li>
<li><strong>“红色到哪里，伪造就到哪里。”</strong>热图很粗，放大时又做了平滑；它的边缘不是轮廓。</li>
<li><strong>“到处都均匀地发亮。”</strong>一部分分数来自整张图片，不属于任何一个位置；它均匀地铺在“总体篡改”的热图上。</li>
<li><strong>“它是冷的，所以是真的。”</strong>网络从未见过的伪造方式同样会是冷的。</li>
<li><strong>“看起来有道理，所以是对的。”</strong>有些方法，即使把网络的权重换成随机数，热图也几乎不变。要检验：\
把热的地方抹平，看分数是否下降。\
“检查”页会这样做，并给热图盖上结论；<code>python -m detector evaluate --faithful</code> 会把权重随机化。</li>
</ul>
<p class="dd-source">Selvaraju 等，ICCV 2017（Grad-CAM）；Zhou 等，CVPR 2016（CAM）；Adebayo 等，\
NeurIPS 2018（随机权重）。</p>
"""

FINETUNE = """
<p>你可以用自己的图片训练检测器。<code>train.py</code> 可以从头读到尾。</p>
<ol>
<li><strong>收集。</strong>把图片放进 <code>DIR/real</code> 和 <code>DIR/fake</code>，或写一份带有\
<code>img_name,target</code> 两列的清单（1 表示伪造）。同一个人或同一部影片的所有图片要放在划分的同一边\
（<code>group</code> 列），否则网络可能记住的是人。</li>
<li><strong>开始。</strong>第一次可以用 ImageNet 权重的小网络：
<pre><code>python train.py --labels DIR --model resnet18 --pretrained</code></pre>
或者从本页的模型继续训练，它的结构如下：
<pre><code>{further}</code></pre></li>
<li><strong>教它认线索。</strong><code>--forged 0.5</code> 会在训练途中把一半真图变成伪造图，并带有精确的掩膜；\
热图由此学习。</li>
<li><strong>观察。</strong>每次训练都会画出曲线。训练损失下降而验证结果变差，说明它在死记硬背：增加图片、\
减少轮数或降低学习率。\
新的输出层可以学得快些（<code>--head-lr</code>），预训练的层要慢些（<code>--lr</code>）。</li>
<li><strong>诚实地测量。</strong>用训练中从未出现过的来源：
<pre><code>python -m detector evaluate --labels OTHER.csv --images pictures/ \\
  --checkpoint run/best.safetensors --out results/</code></pre></li>
<li><strong>看一看。</strong>
<pre><code>python demo.py --checkpoint run/best.safetensors</code></pre></li>
</ol>
<p>中断的训练，用同样的命令加上 <code>--resume</code> 就能继续。</p>
"""

# Words of the drawings; "said" describes the whole drawing to those who do not see it.
DRAWINGS = {
    "swap": {"said": "示意图：一个头部的脸被放进另一个头部。"},
    "reenactment": {"said": "示意图：一个头部的表情驱动另一个头部，后者仍是原来的人。"},
    "talking": {"said": "示意图：声波带动头部的嘴。"},
    "attributes": {"said": "示意图：同一张脸编辑前后，换了头发，加了眼镜。"},
    "transfer": {
        "said": "示意图：保留在 ImageNet 上训练的各层，最后一层换成判断真假的新层。",
        "kept": "在 ImageNet 上学到的层：保留，缓慢续训",
        "old": "1000 类",
        "new": "新层：伪造？",
        "early": "边缘、纹理",
        "late": "脸的部分",
    },
    "residual": {
        "said": "示意图：残差块。输入 x 一路经过两次卷积得到 F(x)，一路走捷径；两者相加。",
        "layer": "卷积",
        "norm": "归一化",
        "shortcut": "捷径：x 原样通过",
    },
    "normalisation": {
        "said": "示意图：一张暗图的通道数值集中在远离零的一小堆；归一化后这一堆位于零附近，宽度约为一。",
        "raw": "存储值：0 … 255",
        "done": "归一化后：在 0 附近",
        "formula": "(x − 均值) / 标准差",
    },
    "gradcam": {
        "said": "示意图：图片、卷积、特征图；每张特征图乘以它的权重，总和就是热图；权重来自分数的梯度。",
        "picture": "图片",
        "maps": "特征图",
        "weights": "权重 α",
        "sum": "总和：热图",
        "score": "分数",
        "gradient": "分数的梯度",
    },
}

# --- the practice game
GAME = """
<p>你和检测器看到的是同一个文件。一半图片未经改动，另一半带有一种伪造痕迹。两者经过同样的压缩；在你作出判断之前，\
答案只留在服务器上。</p>
<p class="dd-note">实话实说：所有题目都来自两张公有领域的肖像（Eileen Collins、Grace Hopper），经过镜像、裁剪和调色，\
所以玩过几轮你就记住了原图，这是你的优势。而伪造所用的程序正是检测器训练时用的，这是它的优势。\
两边的得分都不能说明对真实的伪造有多准。</p>
"""
LEVEL = "伪造的强度"
LEVELS = {"easy": "简单", "medium": "中等", "hard": "困难"}
ASK = "<strong>未改动还是被篡改？</strong>如果你认为被篡改了，请先标出位置：点击图片上的一处，或用方向键移动、\
按空格键选定。"
MARK = "哪里被篡改了？"
CELL = "第 {row} 行，第 {column} 列"
SAY_REAL = "未改动"
SAY_FAKE = "被篡改"
ANOTHER = "换一张图片"
NO_MARK = "请先在图片上标出位置，再选“被篡改”。"
OVER = "这一轮已经结束或不再保留。请换一张图片。"
ALT_ROUND = "一张肖像：未改动还是被篡改？"
RIGHT = "答对了"
WRONG = "答错了"
WAS_REAL = "这张图片未经改动。"
WAS_FAKE = "这张图片被篡改了：{name}。"
HIT = "你的标记落在改动过的位置上。"
MISSED = "你的标记偏了：最近的改动在图片宽度的 {distance:.0%} 之外。"
MISSED_NEAR = "你的标记碰到了改动区域，但那一格被改动的不到十分之一。"
CHANCE = "随便猜的话，{places} 格中有 {hits} 格算对。"
DETECTOR_SAID = "检测器的回答：<em>{answer}</em>（被篡改的概率 {percent}）。"
DETECTOR_HIT = "它最强的证据落在改动过的位置上。"
DETECTOR_MISSED = "它最强的证据落在别处。"
DETECTOR_COLD = "它的热图没有显示任何篡改的证据。"
KEY_CHANGED = "改动的区域"
KEY_YOU = "你的标记"
KEY_DETECTOR = "检测器最强的证据"
SCORE = "本次得分"
SCORE_EMPTY = "还没有作出判断。"
SCORE_HEADS = ("对", "错", "未定", "找到位置")
YOU = "你"
DETECTOR = "检测器"
SCORE_NOTE = (
    "共判断 {rounds} 轮，其中 {manipulated} 轮被篡改。检测器可以不下结论；在这里它的回答没有经过其他传送方式的复查。"
    "一格中有十分之一被改动即算找到；回答“未改动”时不计位置。"
)
PLACES = "{found} / {of}"
