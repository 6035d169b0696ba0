"""Sentences of the Learn tab: its chapters, in HTML, and the practice game."""

TAB = "Learn"
CHAPTERS_LABEL = "Chapters"
NEXT_CHAPTER = "Next: {title}"

CHAPTERS = {
    "what": "What deepfakes are",
    "families": "Four families",
    "clues": "Five clues",
    "classifier": "How the classifier works",
    "gradcam": "How Grad-CAM works",
    "finetune": "Train it further",
    "practice": "Practice: real or manipulated?",
}

WHAT = """
<p>A deepfake is a picture, a film or a sound recording that a neural network made or changed so that it can be
believed: a person seems to look, act or speak as they never did. The word joins <em>deep learning</em> and
<em>fake</em>.</p>
<p>The same methods dub films, bring back a lost voice, or make an actor younger. What makes the harm is the missing
consent and the intent to deceive.</p>
<h3>Whom it harms</h3>
<ul>
<li><strong>The person shown</strong>: sexual pictures without consent, blackmail, a reputation or a job lost.</li>
<li><strong>The one who believes it</strong>: a voice on the telephone that asks for money, an identity check that is
passed.</li>
<li><strong>Everybody</strong>: a false scene before an election, an invented quotation, doubt about true
recordings.</li>
</ul>
<p>The last one has a name, the <em>liar’s dividend</em>: once people know that anything can be faked, the guilty can
call a true recording a fake. In an experiment with a political deepfake, people were more often left uncertain than
deceived, and the uncertain trusted news on social media less.</p>
<p>So a detector must be careful both ways. A fake that is missed does harm, and so does a real photo that is called a
fake. That is why this page shows its evidence, gives its error rates, and often says <em>cannot tell</em>.</p>
<p class="dd-source">Mirsky &amp; Lee, ACM Computing Surveys 2021 (definition); Chesney &amp; Citron, California Law
Review 2019 (harms, liar’s dividend); Vaccari &amp; Chadwick, Social Media + Society 2020 (experiment).</p>
"""

FAMILIES = """
<p>Most manipulated faces belong to one of four families. They differ in what they take over and what they leave, and
so in where their traces lie.</p>
"""
FAMILY = {
    "swap": (
        "Face swap",
        "<p>Another person’s face in this person’s head. Hair, ears, neck and background stay. The new face must be "
        "blended "
        "in, so look along its outline: a step in colour, a soft rim, a second contour.</p>"
        '<p class="dd-source">Early and without networks: Bitouk et al., SIGGRAPH 2008.</p>',
    ),
    "reenactment": (
        "Re-enactment",
        "<p>The person stays, the expression and the turn of the head come from somebody else. Teeth, the inside of "
        "the "
        "mouth and the eyes must be invented; the light may no longer fit the pose.</p>"
        '<p class="dd-source">Face2Face: Thies et al., CVPR 2016.</p>',
    ),
    "talking": (
        "Talking face",
        "<p>Only the mouth moves, to a recording or an invented voice. A single photo may be enough. The lower half of "
        "the face may be smoother than the rest.</p>"
        '<p class="dd-source">Suwajanakorn et al., SIGGRAPH 2017; Wav2Lip: Prajwal et al., ACM Multimedia 2020.</p>',
    ),
    "attributes": (
        "Attribute editing",
        "<p>The same person, with other hair, another age, glasses or a smile. The network redraws more than it was "
        "asked "
        "to, so hair, its edge and the background may melt.</p>"
        '<p class="dd-source">StarGAN: Choi et al., CVPR 2018.</p>',
    ),
}
FAMILIES_END = """
<p>Beside them stand faces that are <strong>wholly invented</strong> by a network (StyleGAN: Karras et al., CVPR 2019;
text-to-image models). Nobody’s face was changed there, so there is no seam to find.</p>
<p>One picture can belong to several families, and the best of each leave no trace that eyes can find.</p>
<p class="dd-source">Overview: Verdoliva, IEEE Journal of Selected Topics in Signal Processing 2020.</p>
"""

CLUES = """
<p>Each pair is cut out of a public-domain portrait: untouched, and with one trace that our own program forged into it
(Grace Hopper: US Navy; Eileen Collins: NASA). Move the line, by mouse, finger or arrow keys. Look first; then tick
the box to see what was changed.</p>
<p>A clue is a reason to look closer, and no proof. Honest pictures show the same: portrait mode blurs, a flash
lights one side, beauty filters smooth, compression draws blocks, hair is dyed.</p>
"""
CLUE = {
    "face_edge": (
        "The edge of the face",
        "Follow the outline from ear to chin to ear. Does the skin’s tone step? Is there a rim softer or sharper "
        "than the "
        "skin on either side? Here the middle of the face is yellower than forehead and neck.",
    ),
    "lighting": (
        "The light",
        "Where does the light on the face come from, and where do the shadows of nose and chin fall? Compare with "
        "hair, "
        "clothes and background. Here the face is lit from the right, and nothing else is.",
    ),
    "background": (
        "The background",
        "Enlarge what nobody looks at. Networks and careless editing leave grids, repeated tiles, melted letters and "
        "patches. Here a fine regular pattern lies in the sky-blue at the upper right.",
    ),
    "sharpness": (
        "The sharpness",
        "A lens is sharp at one distance. Two places at the same distance should be equally sharp: brow and eye, both "
        "lapels. Here part of the cap is blurred, and the face below it, no nearer, is not.",
    ),
    "hair": (
        "The hair",
        "Look at the hairline and at single strands before the background. Do texture, light and age fit the face? "
        "Here a "
        "young face wears grey hair with a cut-out edge.",
    ),
}
DETECTED = (
    "This checkpoint has a map for this trace. For the weights that come with the detector, "
    "<code>detector/weights/README.md</code> says how often it is right."
)
NOT_DETECTED = (
    "This checkpoint has no map for this trace, so the detector cannot name it. The Inspect tab only shows a plain "
    "measurement for it, made without the network."
)
BEFORE = "untouched"
AFTER = "forged"
COMPARE = "Move the line between untouched and forged: {name}"
OUTLINE = "Outline what was changed"
ALT_BEFORE = "{name}: the untouched picture"
ALT_AFTER = "{name}: the forged picture"
NO_PICTURES = "The pictures of this chapter are not installed (python -m benchmarks.learn_pictures draws them)."

CLASSIFIER = """
<p>The classifier is a convolutional network: stacked layers of small filters. The first find edges and textures, the
later ones parts of faces; at the end every place of the picture says how much it speaks for a manipulation, and these
voices are pooled into one number. The network of this page is a <code>{architecture}</code>.</p>
<h3>Transfer learning</h3>
<p>Nobody has enough fakes to learn everything from. So we start from a network that already learned to see on more
than a million ordinary photos (ImageNet), replace its last layer, and train on. Early filters are of use for nearly
any task.</p>
{transfer}
<h3>Why residual blocks train</h3>
<p>Deeper plain networks did worse <em>even on their training pictures</em>. A residual block adds its input to its
output, <i>y = x + F(x)</i>, so it must learn only the difference. Its derivative is <i>1 + F′(x)</i>: whatever F
does, the error also travels back along the shortcut, and early layers keep learning.</p>
{residual}
<h3>What normalisation does</h3>
<p>Each colour channel has its mean taken off and is divided by its spread, with the same numbers as in the first
training; with others the filters would see a strange world. Batch normalisation does the same between the layers: in
training with the batch’s own numbers, later with kept averages. Scales stay alike, and larger steps are safe.</p>
{normalisation}
<h3>What augmentation does</h3>
<p>Every picture is mirrored, cropped, re-toned and compressed anew each time it is drawn, so that learning by heart
does not pay. Real and fake ones go through <em>the same</em> compression: otherwise the file format would give the
answer away.</p>
<p class="dd-source">Yosinski et al., NeurIPS 2014 (transfer); He et al., CVPR 2016 (residual blocks); Ioffe &amp;
Szegedy, ICML 2015, and Santurkar et al., NeurIPS 2018 (batch normalisation, and why it helps).</p>
"""

GRADCAM = """
<p>Grad-CAM asks: <em>which places made the network say so?</em> It takes the last feature maps A<sub>k</sub>, each a
coarse picture of where one pattern was found. The gradient of the score says how much each map counts (its weight
α<sub>k</sub>, the mean over all places). The weighted sum of the maps is the heatmap; the paper cuts it off below
zero.</p>
{gradcam}
<p>Our heads are one weight for each feature map, then pooling. With such heads the Grad-CAM map <em>is</em> the
evidence that was pooled into the score, up to one factor. We keep its sign and its unit, and colour every picture by
the same scale.</p>
<h3>How to misread it</h3>
<ul>
<li><strong>“It is red, so it was forged there.”</strong> The map shows what raised the score. A network may be
wrong, and it is then wrong in bright colours.</li>
<li><strong>“Something glows on every picture.”</strong> Many programs stretch each map to its own maximum; then a
clean picture looks as hot as a fake. Ours stays cold, but for small places. Look at the legend before the colours.</li>
<li><strong>“The forgery ends where the red ends.”</strong> The map is coarse and is smoothed when enlarged; its edge
is no outline.</li>
<li><strong>“It glows evenly, all over.”</strong> Part of the score is read off the picture as a whole and belongs to no
place. It lies evenly on the map of “manipulation overall”.</li>
<li><strong>“It is cold, so it is real.”</strong> A kind of fake that the network never met leaves it cold too.</li>
<li><strong>“It looks sensible, so it is true.”</strong> With some methods maps hardly change when the network’s
weights are made random. Test it: smooth the hot place away and see whether the score falls. Inspect does that and
stamps the map; <code>python -m detector evaluate --faithful</code> randomises the weights.</li>
</ul>
<p class="dd-source">Selvaraju et al., ICCV 2017 (Grad-CAM); Zhou et al., CVPR 2016 (CAM); Adebayo et al., NeurIPS
2018 (random weights).</p>
"""

FINETUNE = """
<p>You can train the detector on pictures of your own. <code>train.py</code> reads from top to bottom.</p>
<ol>
<li><strong>Collect.</strong> Put pictures into <code>DIR/real</code> and <code>DIR/fake</code>, or write a list with
the columns <code>img_name,target</code> (1: fake). Keep all pictures of a person or a film on one side of the split
(column <code>group</code>): otherwise the network may learn the person.</li>
<li><strong>Start.</strong> A small network from ImageNet weights is a good first run:
<pre><code>python train.py --labels DIR --model resnet18 --pretrained</code></pre>
Or go on from the checkpoint of this page, which has this architecture:
<pre><code>{further}</code></pre></li>
<li><strong>Teach the clues.</strong> <code>--forged 0.5</code> turns half of the real pictures into forgeries on the
way, with exact masks; the maps learn from them.</li>
<li><strong>Watch.</strong> Every run draws its curve. Training loss falls while validation gets worse: it learns by
heart; take more pictures, fewer epochs, or a lower rate. New heads may learn fast (<code>--head-lr</code>), the
pretrained layers slowly (<code>--lr</code>).</li>
<li><strong>Measure honestly.</strong> On a source that was never trained on:
<pre><code>python -m detector evaluate --labels OTHER.csv --images pictures/ \\
  --checkpoint run/best.safetensors --out results/</code></pre></li>
<li><strong>Look.</strong>
<pre><code>python demo.py --checkpoint run/best.safetensors</code></pre></li>
</ol>
<p>A run that was stopped goes on with the same command and <code>--resume</code>.</p>
"""

# Words of the drawings; "said" describes the whole drawing to those who do not see it.
DRAWINGS = {
    "swap": {"said": "Drawing: the face of one head is put into another head."},
    "reenactment": {"said": "Drawing: the expression of one head drives another head, which stays the same person."},
    "talking": {"said": "Drawing: a sound wave moves the mouth of a head."},
    "attributes": {"said": "Drawing: the same face before and after, with other hair and glasses."},
    "transfer": {
        "said": "Drawing: layers trained on ImageNet are kept, a new last layer tells real from fake.",
        "kept": "layers learned on ImageNet: kept, trained on gently",
        "old": "1000 kinds",
        "new": "new: fake?",
        "early": "edges, textures",
        "late": "parts of faces",
    },
    "residual": {
        "said": "Drawing: a residual block. The input x goes through two convolutions, F(x), and along a shortcut; "
        "both are added.",
        "layer": "convolution",
        "norm": "normalise",
        "shortcut": "shortcut: x as it is",
    },
    "normalisation": {
        "said": "Drawing: the values of a dark picture's channel lie in a narrow heap away from zero; after "
        "normalisation the heap lies around zero and is about one wide.",
        "raw": "as stored: 0 … 255",
        "done": "normalised: around 0",
        "formula": "(x − mean) / spread",
    },
    "gradcam": {
        "said": "Drawing: picture, convolutions, feature maps; each map is multiplied by its weight, the sum is the "
        "heatmap; the weights come from the gradient of the score.",
        "picture": "picture",
        "maps": "feature maps",
        "weights": "weights α",
        "sum": "sum: heatmap",
        "score": "score",
        "gradient": "gradient of the score",
    },
}

# --- the practice game
GAME = """
<p>You and the detector see the same file. Half of the pictures are untouched; the others carry one forged trace.
Both went through the same compression, and the answer stays on the server until you decide.</p>
<p class="dd-note">Honestly: all rounds are made from two public-domain portraits (Eileen Collins, Grace Hopper),
mirrored, cropped and re-toned, so after some rounds you know the originals and have an advantage. And the forgeries
come from the program that the detector was trained with, which is its advantage. Neither score says how well you or
it do on real fakes.</p>
"""
LEVEL = "How strong are the forgeries?"
LEVELS = {"easy": "easy", "medium": "medium", "hard": "hard"}
ASK = (
    "<strong>Untouched or manipulated?</strong> If you think it was manipulated, first mark where: click a place, "
    "or move "
    "with the arrow keys and the space bar."
)
MARK = "Where was it manipulated?"
CELL = "row {row}, column {column}"
SAY_REAL = "Untouched"
SAY_FAKE = "Manipulated"
ANOTHER = "Another picture"
NO_MARK = "Mark a place on the picture first; then say “Manipulated”."
OVER = "This round is over or no longer kept. Take another picture."
ALT_ROUND = "A portrait: untouched or manipulated?"
RIGHT = "Right"
WRONG = "Wrong"
WAS_REAL = "The picture is untouched."
WAS_FAKE = "The picture was manipulated: {name}."
HIT = "Your mark lies on a changed place."
MISSED = "Your mark is off: the nearest change is {distance:.0%} of the picture’s width away."
MISSED_NEAR = "Your mark touches the changed area, but less than a tenth of that place was changed."
CHANCE = "A blind guess would have hit in {hits} of {places} places."
DETECTOR_SAID = "The detector says <em>{answer}</em> (probability of manipulation {percent})."
DETECTOR_HIT = "Its strongest evidence lies on a changed place."
DETECTOR_MISSED = "Its strongest evidence lies elsewhere."
DETECTOR_COLD = "Its map shows no evidence for a manipulation."
KEY_CHANGED = "what was changed"
KEY_YOU = "your mark"
KEY_DETECTOR = "the detector’s strongest evidence"
SCORE = "Score of this visit"
SCORE_EMPTY = "No round decided yet."
SCORE_HEADS = ("right", "wrong", "left open", "place found")
YOU = "You"
DETECTOR = "Detector"
SCORE_NOTE = (
    "{rounds} decided, {manipulated} of them manipulated. The detector may leave an answer open; here it answers "
    "without its "
    "check of other deliveries. A place counts when a tenth of it was changed, and never for an answer of “untouched”."
)
PLACES = "{found} of {of}"
