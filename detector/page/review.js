() => {
  // The blur, as custom properties: gradio puts every selector of our style below its own container.
  const body = document.body;
  window.ddVeil = (on) => {
    body.style.setProperty("--dd-blur", on ? "blur(28px)" : "none");
    body.style.setProperty("--dd-cover", on ? "flex" : "none");
  };
  window.ddBlur = (on) => {
    body.dataset.ddBlur = on ? "on" : "";
    ddVeil(on);
    try { localStorage.setItem("dd-blur", on ? "on" : "off"); } catch { /* storage may be off */ }
  };
  let blurred = false;
  try { blurred = localStorage.getItem("dd-blur") === "on"; } catch { /* as above */ }
  ddBlur(blurred);

  // The keys. One listener, however often the page is drawn.
  if (window.ddReviewKeys) return blurred;
  window.ddReviewKeys = true;
  const part = (selector) => {
    const found = [...document.querySelectorAll(selector)].filter((one) => one.getClientRects().length);
    return (number = 0) => found[number]?.click();
  };
  const actions = {
    n: () => part("#review-next")(),
    s: () => part("#review-submit")(),
    b: () => ddVeil(body.style.getPropertyValue("--dd-cover") !== "flex"),
    ...Object.fromEntries([0, 1, 2].map((i) => [String(i + 1), () => part("#review-decision input")(i)])),
    ...Object.fromEntries([0, 1, 2, 3, 4].map((i) => [String(i + 4), () => part("#review-artifacts input")(i)])),
  };
  const typing = (target) =>
    target.isContentEditable || target.closest("textarea, select, input:not([type=radio]):not([type=checkbox])");

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    if (!document.querySelector("#review-next")?.getClientRects().length) return; // another tab is open
    if (typing(event.target)) return;
    const enter = event.key === "Enter" && !event.target.closest("button, a, summary");
    const action = enter ? actions.s : actions[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action();
  });
  return blurred;
}
