// A pad on which a person sprays a distribution of points, and what they then train on.

const SPRAYS = new WeakMap();
const SPRAY_COLOURS = [0, 1, 2, 3]; // of the classes: blue, orange, green, red

export default function (component) {
  const { parentElement, data, setTriggerValue } = component;
  let spray = SPRAYS.get(parentElement);
  if (!spray) SPRAYS.set(parentElement, (spray = new Spray(parentElement, data)));
  spray.send = (points) => setTriggerValue("points", points);
  spray.pad.draw();
  return () => {
    spray.pad.up();
    SPRAYS.delete(parentElement);
  };
}

class Spray {
  constructor(parent, { fewest, most, colours }) {
    Object.assign(this, { fewest, most });
    const slider = (low, high, value, help) => make("input", { type: "range", min: low, max: high, value, title: help, oninput: () => this.pad.draw() });
    this.radius = slider(2, 40, 12, "Radius of the spray, in hundredths of half the pad.");
    this.density = slider(1, 20, 4, "Points in each puff.");
    this.pad = new SprayPad(() => ({ radius: this.radius.value / 100, density: +this.density.value }), () => this.pad.points.length >= most, () => this.changed());
    const button = (title, help, pressed) => make("button", { type: "button", title: help, onclick: pressed }, title);
    const line = (...parts) => make("div", { class: "ael-spray-line" }, ...parts);
    this.brushes = colours.map((name, colour) => button(name, `Sprays in ${name.toLowerCase()}: a class of its own.`, () => this.take(colour)));
    this.brushes.forEach((brush, colour) => (brush.style.borderLeft = `0.6rem solid ${classColour(SPRAY_COLOURS[colour])}`));
    const stamps = line(button("Add a ring", "Puts a ring around the cursor, in the size of the spray.", () => this.pad.stamp("ring")), button("Add a blob", "Puts a normal cloud around the cursor, in the size of the spray.", () => this.pad.stamp("blob")));
    this.back = button("Undo", "Takes back what was done last.", () => this.pad.undo());
    this.empty = button("Clear", "Takes away all points; Undo brings them back.", () => this.pad.clear());
    this.use = button("Use these points", "Makes a data set of them.", () => this.send(JSON.stringify(this.pad.points)));
    this.use.className = "ael-spray-use";
    this.count = make("p", { class: "ael-note", role: "status" });
    const label = (text, input) => make("label", {}, text, input);
    const help = make("p", { class: "ael-note" }, "Without a mouse: arrow keys move the cursor on the pad, the space bar sprays there.");
    const tools = make("div", { class: "ael-spray-tools" }, line(...this.brushes), label("Radius", this.radius), label("Density", this.density), stamps, line(this.back, this.empty), help, this.count, line(this.use));
    this.root = parent.querySelector(".ael-spray") || parent.appendChild(make("div", { class: "ael-spray" }));
    this.root.replaceChildren(this.pad.canvas, tools);
    this.take(0);
    this.changed();
  }

  take(colour) {
    this.pad.colour = colour;
    this.brushes.forEach((button, other) => button.setAttribute("aria-pressed", String(other === colour)));
    this.pad.draw();
  }

  changed() {
    const count = this.pad.points.length;
    this.back.disabled = !this.pad.strokes.length;
    this.empty.disabled = !count;
    this.use.disabled = count < this.fewest;
    const more = count < this.fewest ? `; ${this.fewest - count} more are needed` : count >= this.most ? "; the pad is full" : "";
    this.count.textContent = `${count.toLocaleString("en")} of at most ${this.most.toLocaleString("en")} points${more}.`;
    this.root.dataset.count = count;
    this.pad.draw();
  }
}
