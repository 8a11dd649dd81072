// Rows of test images: original, corrupted input, reconstruction, error, and their figures.

const GALLERIES = new WeakMap();

export default function (component) {
  const { parentElement, data } = component;
  let gallery = GALLERIES.get(parentElement);
  if (!gallery) {
    gallery = new Gallery(parentElement);
    GALLERIES.set(parentElement, gallery);
  }
  gallery.show(data);
  return () => GALLERIES.delete(parentElement);
}

class Gallery {
  constructor(parent) {
    this.root = parent.querySelector(".ael-gallery") || parent.appendChild(make("div", { class: "ael-gallery" }));
    this.root.replaceChildren();
    this.note = make("p", { class: "ael-note", role: "status" });
    this.rows = make("div", { class: "ael-rows" });
    this.more = make("button", { type: "button", hidden: "", onclick: () => this.load(this.count + 12) }, "Show more");
    this.root.append(this.note, this.rows, this.more);
  }

  show({ url, damaged }) {
    if (url === this.url) return;
    [this.url, this.damaged] = [url, damaged];
    this.load(12);
  }

  async load(count) {
    this.count = count;
    const asked = `${this.url}&count=${count}`;
    this.asked = asked;
    this.root.classList.add("ael-waiting");
    try {
      const found = await ask(asked);
      if (this.asked === asked) this.draw(found);
    } catch (error) {
      if (this.asked !== asked) return;
      this.note.textContent = error.message;
      this.rows.replaceChildren();
      this.more.hidden = true;
    }
    this.root.classList.remove("ael-waiting");
  }

  draw({ values, arrays }) {
    const shown = arrays.rows.data.length;
    const titles = ["Original", ...(this.damaged ? ["Corrupted input"] : []), "Reconstruction", "Error"];
    const head = make("div", { class: "ael-row ael-head" }, ...titles.map((title) => make("span", {}, title)), make("span", {}, "Sample"));
    const rows = [...Array(shown).keys()].map((i) => this.row(arrays, values, i));
    this.rows.replaceChildren(head, ...rows);
    this.root.dataset.columns = titles.length;
    this.root.dataset.rows = shown;
    this.root.dataset.step = values.step;
    const scope = values.found === values.compared ? "" : ` of this class among the`;
    this.note.textContent = `${shown} of ${values.found}${scope}${scope ? ` first ${values.compared} test ${values.noun}s` : ` compared test ${values.noun}s`}, model of step ${values.step}. Error: ${values.noun === "image" ? "orange is too bright, blue too dark; full colour at half the range" : "orange is drawn in the reconstruction alone, blue in the original alone"}.`;
    this.more.hidden = shown >= values.found || shown >= 60;
  }

  row(arrays, { classes, noun }, i) {
    const name = `test ${noun} ${arrays.rows.data[i]}, class ${classes[arrays.labels.data[i]]}`;
    const cell = (canvas, what, figure) => {
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `${what} of ${name}`);
      return make("span", {}, canvas, make("small", {}, figure));
    };
    const figure = (way) => (arrays[`psnr_${way}`] ? `${arrays[`psnr_${way}`].data[i].toFixed(1)} dB` : `MSE ${arrays[`mse_${way}`].data[i].toPrecision(3)}`);
    return make("div", { class: "ael-row" },
      cell(picture(arrays.originals, i), "Original", ""),
      ...(this.damaged ? [cell(picture(arrays.inputs, i), "Corrupted input", figure("in"))] : []),
      cell(picture(arrays.outputs, i), "Reconstruction", figure("out")),
      cell(errorPicture(arrays.errors, i), "Error map", ""),
      make("span", { class: "ael-what" }, make("strong", {}, classes[arrays.labels.data[i]]), make("small", {}, `no. ${arrays.rows.data[i]}`)));
  }
}
