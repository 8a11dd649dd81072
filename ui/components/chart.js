// A Plotly figure in the page's own colours, drawn when it comes into view; to be saved as a PNG.

const CHARTS = new WeakMap();
const SAVED = { format: "png", scale: 2 };

export default function (component) {
  const { parentElement, data } = component;
  let chart = CHARTS.get(parentElement);
  if (!chart) CHARTS.set(parentElement, (chart = new Chart(parentElement)));
  chart.show(data);
  return () => {
    chart.close();
    CHARTS.delete(parentElement);
  };
}

class Chart {
  constructor(parent) {
    this.box = make("div", { class: "ael-chart-box", role: "img" });
    this.save = make("button", { type: "button", hidden: "", title: "Saves this chart as a PNG.", onclick: () => this.keep() }, "PNG");
    this.root = parent.querySelector(".ael-chart") || parent.appendChild(make("div", { class: "ael-chart" }));
    this.root.replaceChildren(this.box, this.save);
  }

  async show({ figure, alt, name, url }) {
    [this.figure, this.name] = [figure, name];
    this.box.setAttribute("aria-label", alt);
    this.box.style.minHeight = `${figure.layout.height}px`;
    try {
      await inView(this.box);
      this.Plotly = await loadPlotly(url);
      if (this.closed || this.figure !== figure) return; // another one came meanwhile
      await this.Plotly.react(this.box, figure.data, { ...figure.layout, template: pageLook(this.box) }, { displayModeBar: false, responsive: true });
      this.save.hidden = false;
      this.root.dataset.charts = (+this.root.dataset.charts || 0) + 1;
    } catch (error) {
      this.box.textContent = error.message;
    }
  }

  async keep() {
    const { width, height } = this.box.getBoundingClientRect();
    await this.Plotly.downloadImage(this.box, { ...SAVED, width, height, filename: this.name });
  }

  close() {
    this.closed = true;
    if (this.Plotly) this.Plotly.purge(this.box);
  }
}
