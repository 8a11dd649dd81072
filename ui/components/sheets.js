// Sheets of samples above their reconstructions: turned here, without the page being drawn anew.

const SHEETS = new WeakMap();
const REST = 400; // milliseconds without another turn after which the link is told

export default function ({ parentElement, data, setTriggerValue }) {
  let sheets = SHEETS.get(parentElement);
  if (!sheets) {
    sheets = new Sheets(parentElement);
    SHEETS.set(parentElement, sheets);
  }
  sheets.tell = (sheet) => setTriggerValue("sheet", sheet);
  sheets.show(data);
  return () => SHEETS.delete(parentElement);
}

class Sheets {
  constructor(parent) {
    this.root = parent.querySelector(".ael-sheets") || parent.appendChild(make("div", { class: "ael-sheets" }));
    const button = (text, title, step) => make("button", { type: "button", title, "aria-label": title, onclick: () => this.go(this.sheet + step) }, text);
    this.back = button("‹", "The sheet before", -1);
    this.on = button("›", "The next sheet", 1);
    this.field = make("input", { type: "number", min: 1, step: 1, title: "A hundred at a time, in the order that is chosen above.", onchange: () => this.go(Math.round(this.field.value) || this.sheet) });
    this.last = make("span");
    this.bar = make("div", { class: "ael-sheets-bar" }, this.back, make("label", {}, "Sheet ", this.field, this.last), this.on);
    this.note = make("p", { class: "ael-note", role: "status", hidden: "" });
    this.grid = make("div");
    this.root.replaceChildren(this.bar, this.note, this.grid);
    this.draw = latest(() => this.load());
    this.told = []; // what the page was told and has not answered yet
  }

  show({ url, sheets, sheet }) {
    const answers = this.told.indexOf(sheet);
    if (answers >= 0) this.told.splice(0, answers + 1);
    const same = url === this.url && (answers >= 0 || this.told.length || sheet === this.sheet);
    if (same) return;
    if (url !== this.url) this.ahead = undefined;
    [this.url, this.sheets, this.sheet] = [url, sheets, sheet];
    this.bar.hidden = sheets < 2;
    this.field.max = sheets;
    this.field.setAttribute("aria-label", `Sheet, of ${sheets}`);
    this.last.textContent = ` of ${sheets.toLocaleString("en")}`;
    this.turned();
  }

  go(sheet) {
    this.sheet = Math.min(Math.max(sheet, 1), this.sheets);
    this.turned();
    clearTimeout(this.rest);
    this.rest = setTimeout(() => {
      this.told.push(this.sheet);
      this.tell(this.sheet);
    }, REST);
  }

  turned() {
    this.field.value = this.sheet;
    this.back.disabled = this.sheet === 1;
    this.on.disabled = this.sheet === this.sheets;
    this.draw();
  }

  async load() {
    const url = `${this.url}&sheet=${this.sheet}`;
    try {
      const { values, arrays } = await (this.ahead?.url === url ? this.ahead.found : ask(url));
      pictureGrid(this.grid, arrays.images, values);
      this.note.hidden = true;
    } catch (error) {
      this.note.textContent = error.message;
      this.note.hidden = false;
      this.grid.replaceChildren();
    }
    this.root.dataset.sheet = this.sheet;
    this.fetchNext();
  }

  /** What is looked at next is most often the sheet that follows. */
  fetchNext() {
    if (this.sheet === this.sheets) return;
    const url = `${this.url}&sheet=${this.sheet + 1}`;
    this.ahead = { url, found: ask(url) };
    this.ahead.found.catch(() => { this.ahead = undefined; });
  }
}
