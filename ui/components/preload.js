// Loads the chart library while a person still fills in the form, so that the first point is not
// kept waiting for it.

export default function ({ data }) {
  loadPlotly(data.url).catch(() => {}); // the live view asks again, and tells
}
