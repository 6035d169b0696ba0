// The stage's choices (trace, face, view, opacity, magnifier), made in the browser alone. gradio runs this with
// `element`, `props`, `trigger` and `watch` when the component is drawn.
const NAMES = {overlay: 1, original: 1, heat: 1, regions: 1};
const asked = new URLSearchParams(location.search);
const kept = {
  label: asked.get("label"),  // none yet: each picture's own
  view: NAMES[asked.get("view")] ? asked.get("view") : "overlay",
  opacity: /^\d{1,3}$/.test(asked.get("opacity")) ? Math.min(100, asked.get("opacity")) : 65,
  magnifier: false,
};
// What stands beside Inspect's stage goes with it; other tabs may show a stage without. Drawn anew, it lets go of the
// document's events first.
const leads = Boolean(element.closest("#stage"));
if (leads) window.ddStage?.abort();
const signal = leads ? (window.ddStage = new AbortController()).signal : AbortSignal.abort();
let face = -1;  // of this picture alone
const all = (where, what) => [...(where?.querySelectorAll(what) || [])];
const radio = (name, value) => all(element, `input[name=${name}]`).find(input => input.value === String(value));

function show() {
  const viewer = element.querySelector(".dd-viewer");
  if (!viewer) return;
  const label = radio("dd-label", kept.label) ? kept.label : viewer.dataset.first;
  const view = radio("dd-view", kept.view) ? kept.view : "overlay";
  const ofLabel = one => one.dataset.label.split(" ").includes(label);
  const ofFace = one => face < 0 || Number(one.dataset.face) === face;
  const heat = view === "overlay" || view === "heat";
  viewer.dataset.view = view;
  viewer.style.setProperty("--dd-heat", view === "heat" ? 1 : kept.opacity / 100);
  for (const one of all(viewer, ".dd-heat")) one.hidden = !(heat && ofLabel(one) && ofFace(one));
  for (const one of all(viewer, ".dd-parts")) one.hidden = !(view === "regions" && ofFace(one));
  for (const one of all(viewer, "g.dd-face")) one.toggleAttribute("hidden", !ofFace(one));
  for (const one of all(viewer, "g.dd-frame, g.dd-outline")) {
    one.toggleAttribute("hidden", !(heat && ofLabel(one) && ofFace(one)));
  }
  radio("dd-label", label).checked = true;
  radio("dd-view", view).checked = true;
  if (radio("dd-face", face)) radio("dd-face", face).checked = true;
  element.querySelector("[name=dd-opacity]").value = kept.opacity;
  element.querySelector("[name=dd-magnifier]").checked = kept.magnifier;
  // What stands beside the maps is drawn by others; it is marked with the label and the face it belongs to.
  for (const id of leads ? ["findings", "proof"] : []) {
    const place = document.getElementById(id);
    for (const one of all(place, "[data-label]")) one.hidden = !ofLabel(one);
    const shown = face < 0 ? Number(viewer.dataset.suspect || 0) : face;
    for (const one of all(place, "section[data-face]")) {
      one.hidden = id === "findings" && Number(one.dataset.face) !== shown;
    }
  }
}

element.addEventListener("input", event => {
  const {name, value, checked} = event.target;
  if (name === "dd-label") kept.label = value;
  else if (name === "dd-view") kept.view = value;
  else if (name === "dd-opacity") kept.opacity = Number(value);
  else if (name === "dd-magnifier") kept.magnifier = checked;
  else if (name === "dd-face") {
    face = Number(value);
    trigger("select", {face});
  }
  show();
});

element.addEventListener("click", event => {
  if (!event.target.closest(".dd-link")) return;
  const method = element.querySelector(".dd-viewer").dataset.method;
  const {view, opacity} = kept;
  const label = element.querySelector("[name=dd-label]:checked").value;
  const link = `${location.origin}${location.pathname}?${new URLSearchParams({method, label, view, opacity})}`;
  const said = element.querySelector(".dd-linked");
  const done = () => { said.textContent = said.dataset.said; };
  const instead = () => { said.textContent = link; };  // without a secure connection nothing may be copied
  navigator.clipboard ? navigator.clipboard.writeText(link).then(done, instead) : instead();
});

// The magnifier: the picture's own pixels around the pointer, without the heatmap.
const ZOOM = 2.5;
function magnify(event) {
  const stage = event.target.closest?.(".dd-stage"), lens = element.querySelector(".dd-lens");
  if (!lens) return;
  lens.hidden = !(stage && kept.magnifier && event.type !== "pointerleave");
  if (lens.hidden) return;
  const box = stage.getBoundingClientRect(), half = lens.offsetWidth / 2;
  const x = event.clientX - box.left, y = event.clientY - box.top;
  const picture = stage.querySelector(".dd-picture");
  if (lens.dataset.src !== picture.src) {
    lens.style.backgroundImage = `url("${picture.src}")`;
    lens.dataset.src = picture.src;
  }
  lens.style.backgroundSize = `${ZOOM * box.width}px ${ZOOM * box.height}px`;
  lens.style.backgroundPosition = `${half - ZOOM * x}px ${half - ZOOM * y}px`;
  lens.style.left = `${x - half}px`;
  lens.style.top = `${y - half}px`;
}
for (const kind of ["pointermove", "pointerdown", "pointerleave"]) element.addEventListener(kind, magnify);

// A click on an evidence crop goes to its frame on the picture.
document.addEventListener("click", event => {
  const place = event.target.closest?.("#proof .dd-place");
  if (!place) return;
  if (kept.view !== "overlay" && kept.view !== "heat") kept.view = "overlay";
  show();
  const {label, face, place: number} = place.dataset;
  for (const one of all(element, "g.dd-frame")) {
    const chosen = one.dataset.label === label && one.dataset.face === face && one.dataset.place === number;
    one.classList.toggle("dd-chosen", chosen);
  }
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.querySelector(".dd-stage").scrollIntoView({block: "center", behavior: calm ? "auto" : "smooth"});
}, {signal});

// A picture pasted anywhere on the page goes where an uploaded one goes.
document.addEventListener("paste", event => {
  const picture = [...(event.clipboardData?.files || [])].find(file => file.type.startsWith("image/"));
  const input = document.querySelector("#picture input[type=file]");
  if (!picture || !input || !input.closest("#picture").offsetParent || event.target.closest?.("#picture")) return;
  const carrier = new DataTransfer();
  carrier.items.add(picture);
  input.files = carrier.files;
  input.dispatchEvent(new Event("change", {bubbles: true}));
  event.preventDefault();
}, {signal});

let picture = null;
watch("value", () => {
  const now = element.querySelector(".dd-picture")?.src;
  // Few browsers decode HEIC: what was dropped is then shown as the server decoded it.
  const dropped = leads && document.querySelector("#picture img");
  if (now && dropped?.complete && !dropped.naturalWidth) dropped.src = now;
  if (now !== picture) face = -1;
  picture = now;
  show();
});
for (const id of leads ? ["findings", "proof"] : []) {
  const place = document.getElementById(id);
  if (place) new MutationObserver(show).observe(place, {childList: true, subtree: true});
}
show();
