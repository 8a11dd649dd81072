// What the newest model of a run makes of its test points: data, decoder and code in one view.

const PAIRS = new WeakMap();

export default function (component) {
  const { parentElement, data } = component;
  let pair = PAIRS.get(parentElement);
  if (!pair) PAIRS.set(parentElement, (pair = new PointsPair(parentElement, data)));
  pair.show(data);
  return () => {
    pair.view.close();
    PAIRS.delete(parentElement);
  };
}

class PointsPair {
  constructor(parent, { plotly, numbers, no_code }) {
    this.view = new PointsView(plotly, numbers, no_code);
    [this.dataHint, this.codeHint] = [make("small"), make("small")];
    this.note = make("p", { class: "ael-note", role: "status" });
    const title = (text, hint) => make("h4", {}, text, hint);
    const code = no_code ? [] : [title("Code", this.codeHint), this.view.code];
    this.root = parent.querySelector(".ael-points-pair") || parent.appendChild(make("div", { class: "ael-points-pair" }));
    this.root.replaceChildren(title("Data and reconstructions", this.dataHint), this.view.data, this.view.legend, ...code, this.note);
  }

  async show({ url }) {
    try {
      if (url !== this.url) this.answer = ask(url);
      this.url = url;
      const { values, arrays } = await this.answer;
      this.view.explain({ values, arrays });
      [this.dataHint.textContent, this.codeHint.textContent] = this.view.draw({ arrays, ...values });
      this.note.textContent = `Model of step ${values.step}.`;
    } catch (error) {
      this.url = null;
      this.note.textContent = error.message;
    }
  }
}
