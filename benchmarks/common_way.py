"""The common way to show why a picture is called fake, rebuilt plainly, for benchmarks.speed to compare with.

Face detector, crop, classifier, pytorch-grad-cam opened for each request, its map stretched from least to most and laid
over the face. Random weights: they cost as much time as trained ones. Three forms of it:

- `cascade`: OpenCV's cascade as its own sample calls it (samples/python/facedetect.py: the whole picture in grey,
  equalised, steps of 1.3), ResNet-18 at 224 px;
- `our search`: the same with detector.faces in the cascade's stead, which no demo has: it leans to the common way;
- `mtcnn`: MTCNN and Inception-ResNet at 256 px, as public Gradio demos have it, where the package is there:
  pip install --no-deps facenet-pytorch (it asks for older versions of its dependencies, and runs with newer ones).
"""

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import timm
import torch
from PIL import Image
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.image import show_cam_on_image
from pytorch_grad_cam.utils.model_targets import BinaryClassifierOutputTarget
from torch import nn
from torchvision.transforms import v2

from detector import faces

Box = tuple[int, int, int, int]  # left, top, right, bottom


class CommonWay:
    def __init__(self, model: nn.Module, layer: nn.Module, side: int, search: Callable[[Image.Image], Box | None]):
        self.model, self.layer, self.side, self.search = model.eval(), layer, side, search
        self.transform = v2.Compose(
            [
                v2.Resize((side, side)),
                v2.ToImage(),
                v2.ToDtype(torch.float32, scale=True),
                v2.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
            ]
        )

    def __call__(self, path: Path) -> tuple[float, np.ndarray]:
        """Probability of fake, and the face under one map: uint8 (side, side, 3)."""
        image = Image.open(path).convert("RGB")
        box = self.search(image)
        face = image.crop(box) if box else image
        tensor = self.transform(face)[None]
        with torch.no_grad():
            probability = float(self.model(tensor).sigmoid())
        with GradCAM(model=self.model, target_layers=[self.layer]) as cam:
            heat = cam(input_tensor=tensor, targets=[BinaryClassifierOutputTarget(1)])[0]
        pixels = np.asarray(face.resize((self.side, self.side))) / np.float32(255)
        return probability, show_cam_on_image(pixels, heat, use_rgb=True)


def cascade() -> CommonWay:
    found = cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / "haarcascade_frontalface_alt.xml"))

    def search(image: Image.Image) -> Box | None:
        grey = cv2.equalizeHist(cv2.cvtColor(np.asarray(image), cv2.COLOR_RGB2GRAY))
        boxes = found.detectMultiScale(grey, scaleFactor=1.3, minNeighbors=4, minSize=(30, 30))
        return _corners(*map(int, boxes[0])) if len(boxes) else None

    return _resnet(search)


def our_search() -> CommonWay:
    def search(image: Image.Image) -> Box | None:
        found = faces.find(np.asarray(image))
        return _corners(*vars(found[0].box).values()) if found else None

    return _resnet(search)


def mtcnn() -> CommonWay:
    from facenet_pytorch import MTCNN, InceptionResnetV1

    detector, model = MTCNN(device="cpu").eval(), InceptionResnetV1(classify=True, num_classes=1)

    def search(image: Image.Image) -> Box | None:
        boxes, _ = detector.detect(image)
        return None if boxes is None else tuple(round(float(side)) for side in boxes[0])

    return CommonWay(model, model.block8.branch1[-1], 256, search)


def _resnet(search: Callable[[Image.Image], Box | None]) -> CommonWay:
    model = timm.create_model("resnet18", num_classes=1)
    return CommonWay(model, model.layer4[-1], 224, search)


def _corners(x: int, y: int, width: int, height: int) -> Box:
    return x, y, x + width, y + height


WAYS = {"cascade": cascade, "our search": our_search, "mtcnn": mtcnn}


def available() -> list[str]:
    """Names of WAYS whose packages are there."""
    return [name for name in WAYS if name != "mtcnn" or importlib.util.find_spec("facenet_pytorch")]


class Apart:
    """The same in a process of its own, as people run it, without what detector.heap changes in ours."""

    def __init__(self, way: str):
        command = [sys.executable, "-m", "benchmarks.common_way", way]
        root = Path(__file__).parents[1]
        self.process = subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, path: Path) -> float:
        """Probability of fake."""
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


if __name__ == "__main__":
    common = WAYS[sys.argv[1]]()
    for line in sys.stdin:
        print(common(Path(line.rstrip("\n")))[0], flush=True)
