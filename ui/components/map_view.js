// What is shown beside the points: a small form, and its words in the page's link.

const USUAL_VIEW = { lines: "none", under: "nothing", images: true, decode: true, spread: false };

/** Such as "lines=both;images=0": what differs from the usual. */
function writeView(view) {
  const parts = Object.entries(view).filter(([name, value]) => value !== USUAL_VIEW[name]);
  return parts.map(([name, value]) => `${name}=${value === true ? 1 : value === false ? 0 : value}`).join(";");
}

function readView(text) {
  const view = { ...USUAL_VIEW };
  for (const part of (text || "").split(";")) {
    const [name, value] = part.split("=");
    if (name === "lines" && value in LINES) view.lines = value;
    else if (name === "under" && value in UNDER) view.under = value;
    else if (typeof USUAL_VIEW[name] === "boolean") view[name] = value === "1";
  }
  return view;
}

function viewForm(board, { decodes, spreads }) {
  const list = (name, label, entries, help) => {
    const select = make("select", { onchange: () => board.change(name, select.value) }, ...Object.entries(entries).map(([value, title]) => make("option", { value }, title)));
    select.value = board.view[name];
    return make("label", { title: help }, label, select);
  };
  const box = (name, label, help) => {
    const input = make("input", { type: "checkbox", onchange: () => board.change(name, input.checked) });
    input.checked = board.view[name];
    return make("label", { title: help }, input, label);
  };
  const parts = [
    list("lines", "Lines to the nearest", decodes ? LINES : { none: LINES.none, pixels: LINES.pixels }, "From the sample under the pointer to the five test samples most like it: solid in the data itself, dashed by their codes."),
    box("images", "Pictures when zoomed in", "Show pictures of the samples where few enough are in view."),
  ];
  if (decodes) {
    parts.push(list("under", "Under the points", UNDER, "What the decoder makes of the places of a map; or where no training samples live; or how far a place comes back when decoded and encoded again (yellow: farther than codes usually lie from their average)."));
    parts.push(box("decode", "Decode empty places", "Show what the decoder makes of the place under the pointer, where no point is near. A click keeps it and starts the sliders from there."));
  }
  if (spreads) parts.push(box("spread", "Spread of codes", "An ellipse of two standard deviations around the code of each selected sample, on the code itself and on PCA of the code."));
  return make("div", { class: "ael-view", role: "group", "aria-label": "What is shown beside the points" }, ...parts);
}
