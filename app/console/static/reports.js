// Draws the numbers of the tables; without it the tables say the same.
const DEEP = "#14574f", PALE = "#aebbb6", INK = "#1d2422", LINE = "#d5d9d3";
const FONT = getComputedStyle(document.body).fontFamily;
const ROW = 40, HEADS = 14, CURVE = 260;

function bars(chart) {
  return {
    grid: { left: 8, right: 44, top: HEADS, bottom: 8, containLabel: true },
    xAxis: { type: "value", minInterval: 1, axisLabel: { show: false }, splitLine: { show: false } },
    yAxis: { type: "category", inverse: true, data: chart.labels, axisTick: { show: false },
      axisLine: { lineStyle: { color: LINE } }, axisLabel: { color: INK, fontSize: 14, width: 130, overflow: "truncate" } },
    series: chart.series.map((one, number) => ({
      type: "bar", name: one.name, data: one.values, barMaxWidth: 14,
      itemStyle: { color: number ? PALE : DEEP }, label: { show: true, position: "right", color: INK, fontSize: 13 },
    })),
  };
}

function curve(chart) {
  return {
    grid: { left: 8, right: 20, top: HEADS, bottom: 8, containLabel: true },
    xAxis: { type: "category", data: chart.labels, axisLabel: { color: INK, fontSize: 13, hideOverlap: true }, axisLine: { lineStyle: { color: LINE } } },
    yAxis: { type: "value", minInterval: 1, axisLabel: { color: INK, fontSize: 13 }, splitLine: { lineStyle: { color: LINE } } },
    series: chart.series.map((one, number) => ({
      type: "line", name: one.name, data: one.values, symbolSize: 7,
      itemStyle: { color: number ? "#a02b16" : DEEP }, lineStyle: { width: 2, type: number ? "dashed" : "solid" },
      label: { show: chart.labels.length < 14, color: number ? "#a02b16" : DEEP, fontSize: 13 },
    })),
  };
}

function legend(place, chart) {
  const named = document.createElement("p");
  named.className = `legend ${chart.look}`;
  for (const one of chart.series) {
    const word = document.createElement("span");
    word.textContent = one.name;
    named.append(word);
  }
  place.before(named);
}

const charts = JSON.parse(document.getElementById("charts").textContent);
for (const place of document.querySelectorAll("[data-chart]")) {
  const chart = charts[place.dataset.chart];
  place.hidden = false;
  place.style.height = `${chart.look === "bars" ? chart.labels.length * ROW + HEADS : CURVE}px`;
  legend(place, chart);
  const drawn = echarts.init(place, null, { renderer: "canvas" });
  drawn.setOption({ animation: false, textStyle: { fontFamily: FONT }, ...(chart.look === "bars" ? bars(chart) : curve(chart)) });
  window.addEventListener("resize", () => drawn.resize());
  window.addEventListener("beforeprint", () => drawn.resize());
}
