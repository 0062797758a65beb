// Charts: the numbers stand in the page as JSON, ECharts is fetched when the first of them comes into sight.
// The table under each chart says the same to those who do not see it.
const source = document.querySelector("script[data-echarts]").dataset.echarts;
const boxes = [...document.querySelectorAll("[data-hd-chart]")];
const drawn = new Map();
let library = null;

const load = () => library ??= new Promise((resolve, reject) => {
  const script = Object.assign(document.createElement("script"), { src: source });
  script.addEventListener("load", () => resolve(window.echarts));
  script.addEventListener("error", reject);
  document.head.append(script);
});

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function colours() {
  return ["--hd-accent", "--hd-done", "--hd-free", "--hd-danger", "--hd-text-3", "--hd-mine"].map(token).filter(Boolean);
}

function axes(numbers) {
  const text = { color: token("--hd-text-2") };
  const few = numbers.names.length <= 8 && !numbers.sideways;    // channels, not days: each keeps its name
  const line = { lineStyle: { color: token("--hd-border") } };
  const names = { type: "category", data: numbers.names, axisLabel: few ? { ...text, interval: 0, width: 84, overflow: "break", lineOverflow: "none" } : { ...text, hideOverlap: true }, axisLine: line, axisTick: { show: false } };
  const values = () => ({ type: "value", minInterval: 0, axisLabel: text, splitLine: line });
  if (numbers.sideways) return { xAxis: values(), yAxis: names };
  const second = numbers.series.some((one) => one.line);
  return { xAxis: names, yAxis: second ? [values(), { ...values(), splitLine: { show: false } }] : values() };
}

function option(numbers) {
  return {
    animation: false,
    color: colours(),
    textStyle: { fontFamily: "inherit" },
    grid: { left: 8, right: 8, top: numbers.series.length > 1 ? 36 : 12, bottom: 8, containLabel: true },
    legend: numbers.series.length > 1 ? { type: "scroll", top: 0, left: 0, textStyle: { color: token("--hd-text-2") } } : undefined,
    // drawn on the canvas: the page's policy allows no styles written into HTML
    tooltip: { trigger: "axis", renderMode: "richText", confine: true, axisPointer: { type: "shadow" } },
    ...axes(numbers),
    series: numbers.series.map((one) => ({
      name: one.name,
      data: one.data,
      type: one.line ? "line" : "bar",
      yAxisIndex: one.line ? 1 : 0,
      stack: numbers.stack ? "all" : undefined,
      barMaxWidth: 28,
      symbolSize: 5,
    })),
  };
}

async function draw(box) {
  const echarts = await load();
  const numbers = JSON.parse(box.parentElement.querySelector("[data-hd-numbers]").textContent);
  const chart = drawn.get(box) ?? echarts.init(box);
  drawn.set(box, chart);
  chart.setOption(option(numbers), true);
}

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries.filter((one) => one.isIntersecting)) {
    seen.unobserve(entry.target);
    draw(entry.target).catch(() => entry.target.remove());      // without the library the table stands alone
  }
}, { rootMargin: "200px" });
for (const box of boxes) seen.observe(box);

new ResizeObserver(() => { for (const chart of drawn.values()) chart.resize(); }).observe(document.getElementById("main"));
new MutationObserver(() => { for (const box of drawn.keys()) draw(box); })
  .observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
