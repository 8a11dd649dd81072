// What one panel offers beside its picture: laid out as another map, saved as PNG or SVG.

class PanelMenu {
  constructor(panel) {
    this.panel = panel;
    const button = (title, act) => make("button", { type: "button", onclick: act }, title);
    this.select = make("select", { "aria-label": "Lay these points out as another map", onchange: () => this.morph() });
    this.slider = make("input", { type: "range", min: 0, max: 1, step: 0.01, value: 1, "aria-label": "On the way from this map to the other", oninput: () => panel.stay(+this.slider.value) });
    this.way = make("label", { hidden: "" }, "On the way", this.slider);
    this.settings = make("small", {});
    const body = make("div", { class: "ael-menu" }, this.settings, make("label", {}, "Lay out as", this.select), this.way, button("Save as PNG", () => savePng(panel)), button("Save as SVG", () => saveSvg(panel)));
    this.box = make("details", {}, make("summary", { "aria-label": "More for this map" }, "More"), body);
  }

  /** Which other maps there are by now. */
  offer(others) {
    const chosen = this.select.value;
    this.others = others;
    this.select.replaceChildren(make("option", { value: "" }, "itself"), ...others.map((other) => make("option", { value: other.key }, other.name)));
    this.select.value = others.some((other) => other.key === chosen) ? chosen : "";
  }

  morph() {
    const other = this.others.find(({ key }) => key === this.select.value);
    this.way.hidden = !other;
    this.slider.value = 1;
    this.panel.morph(other || null);
  }
}

function unpacked(colour) {
  return `rgb(${colour & 255}, ${(colour >> 8) & 255}, ${(colour >> 16) & 255})`;
}

function download(name, content) {
  const url = URL.createObjectURL(content);
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

function fileName(panel, ending) {
  return `${panel.run}-${panel.title.textContent.toLowerCase().replace(/[^a-z0-9]+/g, "-")}.${ending}`;
}

/** The map as it is seen, its title above, its legend below. */
function savePng(panel) {
  const ratio = window.devicePixelRatio || 1;
  const { width, height } = panel.dots;
  const [line, style] = [22 * ratio, getComputedStyle(panel.box)];
  const canvas = make("canvas", { width, height: height + 2 * line });
  const context = canvas.getContext("2d");
  context.fillStyle = pageColour(panel.box);
  context.fillRect(0, 0, width, height + 2 * line);
  for (const layer of [panel.ground.canvas, panel.dots]) if (layer.width) context.drawImage(layer, 0, line);
  context.fillStyle = style.color;
  context.font = `${13 * ratio}px ${style.fontFamily}`;
  context.fillText(panel.title.textContent, 4 * ratio, 15 * ratio, width - 8 * ratio);
  context.fillText(legendText(panel.board), 4 * ratio, line + height + 15 * ratio, width - 8 * ratio);
  canvas.toBlob((blob) => download(fileName(panel, "png"), blob));
}

/** The points that are in view as shapes. */
function saveSvg(panel) {
  const { width, height } = panel.scale;
  const { colours, shapes, order } = panel.look;
  const escape = (text) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
  const marks = [];
  for (const i of order) {
    const [x, y] = [panel.xy[2 * i], panel.xy[2 * i + 1]];
    if (x < 0 || y < 0 || x > width || y > height) continue;
    marks.push(`<use href="#s${shapes[i]}" x="${x.toFixed(1)}" y="${y.toFixed(1)}" fill="${unpacked(colours[i])}"/>`);
  }
  const symbols = SVG_SHAPES.map((path, shape) => `<path id="s${shape}" d="${path}"/>`).join("");
  const text = (y, words) => `<text x="4" y="${y}" font-family="sans-serif" font-size="13" fill="#555">${escape(words)}</text>`;
  const whole = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height + 44}" viewBox="0 -22 ${width} ${height + 44}"><title>${escape(panel.title.textContent)}</title><defs>${symbols}</defs>${text(-6, panel.title.textContent)}${marks.join("")}${text(height + 16, legendText(panel.board))}</svg>`;
  download(fileName(panel, "svg"), new Blob([whole], { type: "image/svg+xml" }));
}

// The shapes of `drawMark`, in its order, at a radius of 2.4.
const SVG_SHAPES = [
  "M-2.4 0a2.4 2.4 0 1 0 4.8 0a2.4 2.4 0 1 0 -4.8 0Z",
  "M-2.2 -2.2h4.4v4.4h-4.4Z",
  "M0 -2.9L2.6 2.2H-2.6Z",
  "M0 -3.1L2.6 0L0 3.1L-2.6 0Z",
  "M-2.9 -1h1.9v-1.9h2v1.9h1.9v2h-1.9v1.9h-2v-1.9h-1.9Z",
];

function legendText(board) {
  return board.colours.discrete ? `Colours: ${board.colours.kinds.classes.join(", ")}` : `Colours: ${[...board.legend.children].map((part) => part.textContent).filter(Boolean).join(" … ")}`;
}

/** The page's own colour behind an element. */
function pageColour(element) {
  for (let at = element; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (colour && !/rgba\(.*, 0\)|transparent/.test(colour)) return colour;
  }
  return "white";
}
