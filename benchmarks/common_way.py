"""The common way to show why a picture is called fake, rebuilt plainly, for benchmarks.speed to compare with.

Face detector, crop to 224 px, ResNet-18, pytorch-grad-cam opened for each request, its map stretched from least to most
and laid over the face. Random weights: they cost as much time as trained ones. The detector is the one that we use
(OpenCV's cascades), where demos usually take a slower network (MTCNN): so the comparison leans to the common way.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import timm
import torch
from PIL import Image
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.image import show_cam_on_image
from pytorch_grad_cam.utils.model_targets import BinaryClassifierOutputTarget
from torchvision.transforms import v2

from detector import faces

SIDE = 224


class CommonWay:
    def __init__(self):
        self.model = timm.create_model("resnet18", num_classes=1).eval()
        self.transform = v2.Compose(
            [
                v2.Resize((SIDE, SIDE)),
                v2.ToImage(),
                v2.ToDtype(torch.float32, scale=True),
                v2.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
            ]
        )

    def __call__(self, path: Path) -> tuple[float, np.ndarray]:
        """Probability of fake, and the face under one map: uint8 (224, 224, 3)."""
        image = Image.open(path).convert("RGB")
        found = faces.find(np.asarray(image))
        face = image
        if found:
            box = found[0].box
            face = image.crop((box.x, box.y, box.x + box.width, box.y + box.height))
        tensor = self.transform(face)[None]
        with torch.no_grad():
            probability = float(self.model(tensor).sigmoid())
        with GradCAM(model=self.model, target_layers=[self.model.layer4[-1]]) as cam:
            heat = cam(input_tensor=tensor, targets=[BinaryClassifierOutputTarget(1)])[0]
        return probability, show_cam_on_image(
            np.asarray(face.resize((SIDE, SIDE))) / np.float32(255), heat, use_rgb=True
        )


class Apart:
    """The same in a process of its own, as people run it, without what detector.heap changes in ours."""

    def __init__(self):
        command = [sys.executable, "-m", "benchmarks.common_way"]
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
    common = CommonWay()
    for line in sys.stdin:
        print(common(Path(line.rstrip("\n")))[0], flush=True)
