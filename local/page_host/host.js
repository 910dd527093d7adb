// What CloudWatch's console does with a custom widget: it sends the widget's event, shows the clean HTML, and runs
// what each <cwdb-action> says on the element before it (CloudWatch user guide, "Interactivity in the custom widget").
"use strict";

const widget = document.getElementById("widget");
const popup = document.getElementById("popup");
const question = document.getElementById("question");
const viewer = { theme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light", utc: false };
let lastEvent = {};

function offsetISO() {
  const minutes = viewer.utc ? 0 : -new Date().getTimezoneOffset();
  const two = (number) => String(Math.floor(number)).padStart(2, "0");
  return (minutes < 0 ? "-" : "+") + two(Math.abs(minutes) / 60) + ":" + two(Math.abs(minutes) % 60);
}

function widgetContext() {
  const fields = [...widget.querySelectorAll("[name]")].map((field) => [field.name, field.value]);
  return {
    dashboardName: "local", widgetId: "widget-1", domain: location.origin, accountId: "000000000000", locale: "en",
    timezone: { label: viewer.utc ? "UTC" : "Local", offsetISO: offsetISO() }, period: 300, isAutoPeriod: true,
    timeRange: { mode: "relative", start: Date.now() - 6048e5, end: Date.now(), relativeStart: 6048e5 },
    theme: viewer.theme, linkCharts: true, title: "Prediction One Retrain", forms: { all: Object.fromEntries(fields) },
    params: {}, width: widget.clientWidth - 32, height: innerHeight,
  };
}

async function invoke(endpoint, event) {
  widget.classList.add("waits");
  try {
    const response = await fetch("/invoke", {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ endpoint, event: { ...event, widgetContext: widgetContext() } }),
    });
    return response.ok ? await response.json() : { kind: "error", text: await response.text() };
  } catch (error) {
    return { kind: "error", text: String(error) };
  } finally {
    widget.classList.remove("waits");
  }
}

function show(place, answer) {
  if (answer.kind === "html") {
    place.innerHTML = answer.text; // cleaned by the host, and the page's security policy lets no script of it run
    place.querySelectorAll("cwdb-action").forEach(bind);
  } else {
    const text = document.createElement("pre");
    text.className = answer.kind;
    text.textContent = answer.text;
    place.replaceChildren(text);
  }
}

function bind(action) {
  const element = action.previousElementSibling;
  if (element) element.addEventListener(action.getAttribute("event") || "click", () => run(action));
}

async function run(action) {
  const inPopup = action.getAttribute("display") === "popup";
  const confirmation = action.getAttribute("confirmation");
  if (confirmation && !(await agreed(confirmation))) return;
  let answer = { kind: "html", text: action.innerHTML };
  if (action.getAttribute("action") === "call") {
    const event = JSON.parse(action.textContent);
    answer = await invoke(action.getAttribute("endpoint"), event);
    if (!inPopup) lastEvent = event;
  }
  show(inPopup ? popup.querySelector("div") : widget, answer);
  if (inPopup) popup.showModal();
  else scrollTo(0, 0);
}

function agreed(text) {
  question.querySelector("p").textContent = text;
  question.returnValue = "no";
  question.showModal();
  return new Promise((resolve) => {
    question.addEventListener("close", () => resolve(question.returnValue === "yes"), { once: true });
  });
}

async function refresh() {
  document.body.className = viewer.theme;
  document.getElementById("theme").textContent = viewer.theme === "dark" ? "Light" : "Dark";
  document.getElementById("zone").textContent = viewer.utc ? "Local time" : "UTC";
  show(widget, await invoke("", lastEvent));
}

document.getElementById("refresh").addEventListener("click", refresh);
document.getElementById("theme").addEventListener("click", () => {
  viewer.theme = viewer.theme === "dark" ? "light" : "dark";
  refresh();
});
document.getElementById("zone").addEventListener("click", () => {
  viewer.utc = !viewer.utc;
  refresh();
});
refresh();
