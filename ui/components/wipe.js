// Two copies of the same image, one over the other: a slider wipes from the one to the other.

export default function ({ parentElement, data }) {
  const { images, shape, names, share } = data;
  const root = parentElement.querySelector(".ael-wipe") || parentElement.appendChild(make("div", { class: "ael-wipe" }));
  const pixels = { shape, data: fromBase64(images) };
  const [left, right] = [0, 1].map((index) => picture(pixels, index));
  const line = make("span", { class: "ael-wipe-line", "aria-hidden": "true" });
  const before = root.querySelector("input");
  const slider = make("input", {
    type: "range", min: 0, max: 100, step: 1, value: before ? before.value : share, oninput: wipe,
    "aria-label": `Left of the line ${names[0]}, right of it ${names[1]}`,
  });
  const stage = make("div", { class: "ael-wipe-stage", onpointerdown: follow, onpointermove: follow }, left, right, line);

  /** The line goes where a pressed pointer is. */
  function follow(event) {
    if (!event.buttons) return;
    if (event.type === "pointerdown") stage.setPointerCapture(event.pointerId);
    const { left: start, width } = stage.getBoundingClientRect();
    slider.value = (100 * (event.clientX - start)) / width;
    wipe();
  }

  function wipe() {
    slider.setAttribute("aria-valuetext", `${slider.value} % ${names[0]}`);
    right.style.clipPath = `inset(0 0 0 ${slider.value}%)`;
    line.style.left = `${slider.value}%`;
    root.dataset.share = slider.value;
  }

  [left, right].forEach((canvas, index) => {
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", names[index]);
  });
  const ends = make("div", { class: "ael-wipe-names" }, make("span", {}, names[0]), make("span", {}, names[1]));
  root.replaceChildren(stage, slider, ends);
  wipe();
}
