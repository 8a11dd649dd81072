// What the components share: envelopes, pictures, colours. Prepended to each component's file.

// Okabe and Ito's colours, readable with every kind of colour blindness; shapes tell them apart too.
const OKABE_ITO = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#A08A00", "#7A7A7A"];
const SHAPES = ["circle", "square", "triangle", "diamond", "cross"];
const TYPES = { uint8: Uint8Array, int8: Int8Array, int32: Int32Array, float32: Float32Array };

const classColour = (label) => OKABE_ITO[label % OKABE_ITO.length];
const classShape = (label) => SHAPES[label % SHAPES.length];

/** {values, arrays: {name: {shape, data}}} from the layout of ui/envelope.py. */
function openEnvelope(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const arrays = {};
  for (const [name, { dtype, shape, offset }] of Object.entries(header.arrays)) {
    const size = shape.reduce((a, b) => a * b, 1);
    arrays[name] = { shape, data: new TYPES[dtype](buffer, 4 + length + offset, size) };
  }
  return { values: header.values, arrays };
}

/** The answer of a route, or an Error with the server's own sentence. */
async function ask(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch {
    throw new Error("The app's server does not answer. Training goes on without it.");
  }
  const type = response.headers.get("content-type") || "";
  if (type.startsWith("text/html")) throw new Error("The app's server is starting.");
  if (!response.ok) throw new Error((await response.json()).error);
  return type.startsWith("application/json") ? response.json() : openEnvelope(await response.arrayBuffer());
}

/** Image `index` of an (n, C, H, W) uint8 array as a small canvas. */
function picture({ shape, data }, index) {
  const [, channels, height, width] = shape;
  const plane = height * width;
  const start = index * channels * plane;
  return paint(width, height, (pixel) => {
    const value = (channel) => data[start + Math.min(channel, channels - 1) * plane + pixel];
    return [value(0), value(1), value(2)];
  });
}

/** Mean signed error of an (n, C, H, W) int8 array (127 = 1): blue too dark, orange too bright. */
function errorPicture({ shape, data }, index) {
  const [, channels, height, width] = shape;
  const plane = height * width;
  return paint(width, height, (pixel) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += data[(index * channels + c) * plane + pixel];
    const error = sum / channels / 127;
    const strength = Math.min(1, Math.abs(error) * 2);
    const [red, green, blue] = error < 0 ? [0, 114, 178] : [213, 94, 0];
    return [red, green, blue].map((value) => 255 + (value - 255) * strength);
  });
}

function paint(width, height, colour) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const [red, green, blue] = colour(pixel);
    image.data.set([red, green, blue, 255], 4 * pixel);
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** A canvas sized for the screen's pixels; returns its context, in CSS pixels. */
function sized(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  context.imageSmoothingEnabled = false;
  return context;
}

/** A mark of `radius` around (x, y) in the shape and colour of a class. */
function drawMark(context, x, y, radius, label) {
  const r = radius;
  context.fillStyle = context.strokeStyle = classColour(label);
  context.beginPath();
  switch (classShape(label)) {
    case "circle": context.arc(x, y, r, 0, 2 * Math.PI); break;
    case "square": context.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8); break;
    case "triangle": context.moveTo(x, y - r * 1.2); context.lineTo(x + r * 1.1, y + r * 0.9); context.lineTo(x - r * 1.1, y + r * 0.9); break;
    case "diamond": context.moveTo(x, y - r * 1.3); context.lineTo(x + r * 1.1, y); context.lineTo(x, y + r * 1.3); context.lineTo(x - r * 1.1, y); break;
    default: context.rect(x - r * 1.2, y - r * 0.4, r * 2.4, r * 0.8); context.rect(x - r * 0.4, y - r * 1.2, r * 0.8, r * 2.4);
  }
  context.fill();
}

/** An element with classes, attributes and children. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Resolves once an element is in view, or nearly. */
function inView(element) {
  return new Promise((resolve) => {
    const watch = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watch.disconnect();
      resolve();
    }, { rootMargin: "300px" });
    watch.observe(element);
  });
}

/** What a chart takes from the page: colours and letters, as a Plotly template. */
function pageLook(box) {
  const style = getComputedStyle(box);
  const colour = (name) => style.getPropertyValue(name) || "#888";
  const axis = { gridcolor: colour("--st-border-color"), linecolor: colour("--st-border-color"), zeroline: false, automargin: true, title: { standoff: 8 } }; // without a standoff, titles get no room of their own
  return {
    layout: {
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { color: colour("--st-text-color"), size: 12, family: style.fontFamily },
      colorway: OKABE_ITO,
      xaxis: axis,
      yaxis: axis,
    },
  };
}

/** Plotly, loaded once a page from our own route. */
function loadPlotly(url) {
  if (!window.aelPlotly) {
    window.aelPlotly = new Promise((resolve, reject) => {
      const script = make("script", { src: url, onload: () => resolve(window.Plotly), onerror: () => reject(new Error("The chart library could not be loaded.")) });
      document.head.append(script);
    });
  }
  return window.aelPlotly;
}
