"""Renders busts of stone, metal and wood, to see whether they are taken for photos of people.

    pip install bpy==4.5.15 anny          (Blender as a module, and a model of bodies whose shapes are CC0)
    python -m benchmarks.statues --out busts [--count 60]
    python -m benchmarks.scope --labels faces.csv --others busts

Each bust has a face, hair, stuff, light, scene and camera of its own, drawn from its number. Path tracing (Blender's
Cycles) takes some ten seconds a picture on two cores. No other part of the project needs these two packages.
"""

import argparse
import math
import sys
from pathlib import Path

import anny
import bpy
import numpy as np
import torch
from mathutils import Vector

STUFFS = {"marble": 0.3, "plaster": 0.13, "stone": 0.2, "granite": 0.08, "bronze": 0.17, "gold": 0.06, "wood": 0.06}
HAIR = {"none": 0.2, "strands": 0.45, "curls": 0.35}
SCENES = ("city", "courtyard", "forest", "interior", "studio", "sunrise", "sunset")  # come with Blender
MUSEUM = 0.4  # share of the busts before a wall and under lamps
SHAPED = ("cheek", "chin", "ear", "eye", "forehead", "head", "mouth", "nose", "neck")  # what differs from face to face
Colour = tuple[float, float, float]


def drawn(rng: np.random.Generator, shares: dict[str, float]) -> str:
    return str(rng.choice(list(shares), p=list(shares.values())))


def shape(model: anny.Anny, rng: np.random.Generator) -> np.ndarray:
    """Corners of a grown person, float (n, 3) in metres: x to its left, y to its back, z up."""
    whole = {name: float(rng.random()) for name in model.phenotype_labels} | {"age": float(rng.uniform(0.45, 1))}
    near = [name for name in model.local_change_labels if any(part in name for part in SHAPED)]
    local = dict(zip(near, rng.normal(0, 0.3, len(near)).clip(-1, 1).tolist(), strict=True))
    for name in local:
        if name.startswith("r-"):  # faces are even, nearly
            local[name] = local["l-" + name[2:]] + float(rng.normal(0, 0.05))
        if ("-out" in name and name.startswith(("head", "mouth", "neck", "nose"))) or "ear-" in name:
            local[name] *= 0.2
    smile, frown, lids = rng.uniform(0, (0.5, 0.5, 0.8)) * (rng.random(3) < 0.4)
    mimic = {"mouthSmile": smile, "browDown": frown, "eyeBlink": lids}
    acts = {name + side: float(much) for name, much in mimic.items() for side in ("Left", "Right")}
    still = torch.eye(4)[None, None].repeat(1, model.bone_count, 1, 1)
    with torch.no_grad():
        made = model(pose_parameters=still, phenotype_kwargs=whole, local_changes_kwargs=local, facial_actions=acts)
    return made["vertices"][0].double().numpy()


def smoothstep(x: np.ndarray, low: float, high: float) -> np.ndarray:
    t = ((x - low) / (high - low)).clip(0, 1)
    return t * t * (3 - 2 * t)


def haired(corners: np.ndarray, style: str, rng: np.random.Generator) -> np.ndarray:
    """How much of each corner is hair or beard, 0…1 (n,)."""
    top, depth = corners[:, 2].max(), corners[:, 1] - corners[corners[:, 2] > corners[:, 2].max() - 0.2][:, 1].min()
    height = corners[:, 2] - top
    front, side, back = -0.055 - rng.uniform(0, 0.02), rng.uniform(0.02, 0.07), rng.uniform(0.06, 0.15)
    line = front - side * smoothstep(depth, 0.02, 0.1) - back * smoothstep(depth, 0.08, 0.15)
    share = smoothstep(height, line - 0.006, line + 0.006) * (style != "none")
    if rng.random() < 0.3:
        upper = rng.uniform(0.165, 0.18)
        beard = smoothstep(-height, upper, upper + 0.02) * smoothstep(height, -0.25, -0.235)
        share = share + beard * (1 - smoothstep(depth, 0.07, 0.1))
    return share.clip(0, 1)


def bust(model: anny.Anny, rng: np.random.Generator) -> tuple[bpy.types.Object, Vector]:
    """The carved body down to its chest, in the scene, and where its face is."""
    corners, style = shape(model, rng), drawn(rng, HAIR)
    top, middle = corners[:, 2].max(), corners[corners[:, 2] > corners[:, 2].max() - 0.16].mean(0)
    kept = (corners[:, 2] > top - rng.uniform(0.38, 0.5)) & (np.abs(corners[:, 0] - middle[0]) < rng.uniform(0.16, 0.3))
    faces = [tuple(map(int, face)) for face in model.faces.numpy() if kept[face].all()]
    mesh = bpy.data.meshes.new("bust")
    mesh.from_pydata(corners.tolist(), [], faces)
    mesh.polygons.foreach_set("use_smooth", [True] * len(faces))
    body = bpy.data.objects.new("bust", mesh)
    bpy.context.scene.collection.objects.link(body)
    hair, share = body.vertex_groups.new(name="hair"), haired(corners, style, rng)
    for index in np.flatnonzero(share):
        hair.add([int(index)], float(share[index]), "REPLACE")
    fine = body.modifiers.new("fine", "SUBSURF")
    fine.levels = fine.render_levels = 2
    raised(body, None, rng.uniform(0.006, 0.022), 0)
    if style == "curls":
        raised(body, texture("VORONOI", rng.uniform(0.018, 0.04)), rng.uniform(0.012, 0.03), 0.3)
        rings = texture("WOOD", rng.uniform(0.01, 0.03), wood_type="RINGNOISE", turbulence=rng.uniform(5, 15))
        raised(body, rings, 0.006)
    else:
        bands = texture("WOOD", rng.uniform(0.02, 0.06), wood_type="BANDNOISE", turbulence=rng.uniform(5, 20))
        raised(body, bands, rng.uniform(0.006, 0.014))
        raised(body, texture("CLOUDS", 0.02), 0.008)
    return body, Vector((middle[0], middle[1], top - rng.uniform(0.1, 0.16)))


def texture(kind: str, size: float, **settings: object) -> bpy.types.Texture:
    made = bpy.data.textures.new(kind, kind)
    made.noise_scale = size
    for name, value in settings.items():
        setattr(made, name, value)
    return made


def raised(body: bpy.types.Object, pattern: bpy.types.Texture | None, metres: float, level: float = 0.5) -> None:
    made = body.modifiers.new("raised", "DISPLACE")
    made.texture, made.strength, made.mid_level = pattern, metres, level
    made.texture_coords, made.vertex_group = "LOCAL", "hair"


class Surface:
    """A material in the making."""

    def __init__(self, name: str):
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self.tree = self.material.node_tree
        self.shader = self.tree.nodes["Principled BSDF"]
        self.place = self.tree.nodes.new("ShaderNodeTexCoord").outputs["Object"]

    def pattern(self, kind: str, **inputs: float) -> bpy.types.NodeSocket:
        node = self.tree.nodes.new(f"ShaderNodeTex{kind}")
        for name, value in inputs.items():
            node.inputs[name].default_value = value
        self.tree.links.new(self.place, node.inputs["Vector"])
        return node.outputs["Fac"]

    def coloured(self, pattern: bpy.types.NodeSocket, *stops: tuple[float, Colour]) -> None:
        ramp = self.tree.nodes.new("ShaderNodeValToRGB")
        self.tree.links.new(pattern, ramp.inputs["Fac"])
        elements = ramp.color_ramp.elements
        while len(elements) < len(stops):
            elements.new(0.5)
        for element, (position, colour) in zip(elements, stops, strict=True):
            element.position, element.color = position, (*colour, 1)
        self.tree.links.new(ramp.outputs["Color"], self.shader.inputs["Base Color"])

    def rough(self, roughness: float, bump: float, size: float) -> None:
        self.shader.inputs["Roughness"].default_value = roughness
        node = self.tree.nodes.new("ShaderNodeBump")
        node.inputs["Strength"].default_value, node.inputs["Distance"].default_value = bump, 0.004
        self.tree.links.new(self.pattern("Noise", Scale=size, Detail=10), node.inputs["Height"])
        self.tree.links.new(node.outputs["Normal"], self.shader.inputs["Normal"])


def tint(colour: Colour, spread: float, rng: np.random.Generator) -> Colour:
    factors = (1 + rng.normal(0, spread)) * (1 + rng.normal(0, spread / 4, 3))
    return tuple(float(value) for value in (np.array(colour) * factors).clip(0, 1))


def times(colour: Colour, factor: float) -> Colour:
    return tuple(min(1.0, value * factor) for value in colour)


def material(stuff: str, rng: np.random.Generator) -> bpy.types.Material:
    made = Surface(stuff)
    bump, size = rng.uniform(0.5, 2), rng.uniform(30, 150)
    if stuff == "marble":
        base = tint((0.75, 0.72, 0.66), 0.08, rng)
        veins = made.pattern("Noise", Scale=rng.uniform(3, 10), Detail=12, Distortion=rng.uniform(1, 4))
        made.coloured(veins, (0, base), (0.48, base), (0.52, times(base, rng.uniform(0.45, 0.85))), (0.58, base))
        made.shader.inputs["Subsurface Weight"].default_value = rng.uniform(0, 0.3)
        made.shader.inputs["Subsurface Radius"].default_value = (0.02, 0.018, 0.015)
        made.rough(rng.uniform(0.25, 0.7), 0.05 * bump, size)
    elif stuff == "plaster":
        base = tint((0.72, 0.72, 0.7), 0.1, rng)
        made.coloured(made.pattern("Noise", Scale=8), (0, times(base, 0.9)), (1, base))
        made.rough(0.9, 0.06 * bump, size)
    elif stuff == "stone":
        kinds = ((0.5, 0.46, 0.4), (0.62, 0.5, 0.36), (0.35, 0.35, 0.34), (0.55, 0.35, 0.25))
        base = tint(kinds[rng.integers(len(kinds))], 0.1, rng)
        grain = made.pattern("Noise", Scale=rng.uniform(10, 60), Detail=15)
        made.coloured(grain, (0.3, times(base, rng.uniform(0.4, 0.8))), (0.7, base))
        made.rough(0.95, 0.35 * bump, size)
    elif stuff == "granite":
        base = tint((0.4, 0.4, 0.42), 0.2, rng)
        grain = made.pattern("Noise", Scale=rng.uniform(150, 400), Detail=4, Roughness=0.9)
        made.coloured(grain, (0.35, times(base, 0.3)), (0.5, base), (0.65, times(base, 1.8)))
        made.rough(rng.uniform(0.2, 0.7), 0.1 * bump, size)
    elif stuff == "wood":
        base = tint((0.35, 0.18, 0.08), 0.2, rng)
        rings = made.pattern("Wave", Scale=rng.uniform(3, 10), Distortion=rng.uniform(2, 8), Detail=4)
        made.coloured(rings, (0, times(base, 0.5)), (1, base))
        made.rough(rng.uniform(0.3, 0.8), 0.1 * bump, size)
    else:
        bare = tint((0.9, 0.6, 0.2) if stuff == "gold" else (0.35, 0.2, 0.1), 0.15, rng)
        patina = times(bare, 0.6) if stuff == "gold" else tint((0.15, 0.32, 0.26), 0.2, rng)
        where, level = made.pattern("Noise", Scale=rng.uniform(3, 12), Detail=12), rng.uniform(0.45, 0.75)
        made.coloured(where, (level - 0.1, bare), (level + 0.1, patina))
        made.shader.inputs["Metallic"].default_value = 1 if rng.random() < 0.6 else 0.6
        made.rough(rng.uniform(0.15, 0.55), 0.08 * bump, size)
    return made.material


def lit(face: Vector, rng: np.random.Generator) -> None:
    """A surrounding, and often a wall and lamps."""
    world = bpy.data.worlds.new("world")
    bpy.context.scene.world, world.use_nodes = world, True
    nodes, links, museum = world.node_tree.nodes, world.node_tree.links, rng.random() < MUSEUM
    seen, turned, place = (nodes.new(f"ShaderNode{kind}") for kind in ("TexEnvironment", "Mapping", "TexCoord"))
    [folder] = Path(sys.prefix).glob("lib/python3*/site-packages/bpy/*/datafiles/studiolights/world")
    seen.image = bpy.data.images.load(str(folder / f"{rng.choice(SCENES)}.exr"))
    turned.inputs["Rotation"].default_value = (0, 0, rng.uniform(0, 6.28))
    links.new(place.outputs["Generated"], turned.inputs["Vector"])
    links.new(turned.outputs["Vector"], seen.inputs["Vector"])
    links.new(seen.outputs["Color"], nodes["Background"].inputs["Color"])
    nodes["Background"].inputs["Strength"].default_value = rng.uniform(0.1, 0.5) if museum else rng.uniform(0.5, 1.2)
    if museum:
        where = face + Vector((0, rng.uniform(0.5, 1.5), 0))
        bpy.ops.mesh.primitive_plane_add(size=6, location=where, rotation=(math.pi / 2, 0, rng.normal(0, 0.2)))
        wall = Surface("wall")
        grey = rng.choice([0.005, rng.uniform(0.05, 0.8)])
        wall.shader.inputs["Base Color"].default_value = (*tint((grey, grey, grey), 0.3, rng), 1)
        wall.shader.inputs["Roughness"].default_value = 0.9
        bpy.context.object.data.materials.append(wall.material)
    for _ in range(rng.integers(1, 3) if museum else rng.integers(0, 2)):
        angle = rng.uniform(-1.3, 1.3)
        where = face + Vector((1.2 * math.sin(angle), -1.2 * math.cos(angle), rng.uniform(-0.2, 1)))
        bpy.ops.object.light_add(type="AREA", location=where)
        lamp, warm = bpy.context.object, rng.normal(0, 0.1)
        lamp.visible_camera = False
        lamp.data.energy, lamp.data.size = rng.uniform(6, 30), rng.uniform(0.1, 0.8)
        lamp.rotation_euler = (face - lamp.location).to_track_quat("-Z", "Y").to_euler()
        lamp.data.color = (min(1, 1 + warm), 0.95, min(1, 0.95 - warm))


def photographed(face: Vector, path: Path, rng: np.random.Generator) -> None:
    scene, camera = bpy.context.scene, bpy.data.cameras.new("camera")
    scene.camera = bpy.data.objects.new("camera", camera)
    scene.collection.objects.link(scene.camera)
    yaw, pitch, metres = rng.normal(0, 0.25), rng.normal(-0.05, 0.12), rng.uniform(1.1, 1.8)
    towards = (math.sin(yaw) * math.cos(pitch), -math.cos(yaw) * math.cos(pitch), math.sin(pitch))
    scene.camera.location = face + metres * Vector(towards)
    scene.camera.rotation_euler = (face - scene.camera.location).to_track_quat("-Z", "Y").to_euler()
    scene.camera.rotation_euler.rotate_axis("Z", rng.normal(0, 0.06))
    camera.sensor_width, camera.lens = 36, 36 * metres / rng.uniform(0.3, 0.45)
    camera.dof.use_dof, camera.dof.focus_distance = True, metres - 0.08
    camera.dof.aperture_fstop = rng.uniform(1.4, 8)
    render = scene.render
    render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 24, True
    render.resolution_x = render.resolution_y = int(rng.integers(352, 520))
    scene.view_settings.view_transform = str(rng.choice(["Standard", "AgX", "Filmic"]))
    scene.view_settings.exposure = rng.normal(0.2, 0.3)
    render.image_settings.file_format, render.image_settings.quality = "JPEG", int(rng.integers(75, 96))
    render.filepath = str(path)
    bpy.ops.render.render(write_still=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=60)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    model = anny.Anny(local_changes="default", facial_actions="all").to(dtype=torch.float32)
    for number in range(args.count):
        rng = np.random.default_rng(number)
        bpy.ops.wm.read_factory_settings(use_empty=True)
        stuff = drawn(rng, STUFFS)
        body, face = bust(model, rng)
        body.data.materials.append(material(stuff, rng))
        lit(face, rng)
        photographed(face, args.out / f"{number:03d}-{stuff}.jpg", rng)


if __name__ == "__main__":
    main()
