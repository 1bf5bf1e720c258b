"use strict";
(() => {
  const rows = document.getElementById("rows");
  const state = document.getElementById("state");
  const part = (name, className, text) => {
    const node = document.createElement(name);
    node.className = className;
    node.textContent = text;
    return node;
  };
  state.textContent = "Connecting.";
  const source = new EventSource("/live");
  source.onopen = () => { state.textContent = "Live."; };
  source.onerror = () => { state.textContent = "The server is gone; load the page again when it is back."; };
  source.onmessage = (message) => {
    const event = JSON.parse(message.data);
    const count = document.getElementById(event.ok ? "good" : "failed");
    count.textContent = String(Number(count.textContent) + 1);
    const row = document.createElement("li");
    row.className = event.ok ? "ok" : "failed";
    row.append(
      part("span", "mark", event.ok ? "connected" : "failed"), " ",
      part("time", "", event.at), " ",
      part("span", "peer", event.peer), " ",
      part("span", "what", event.what));
    rows.prepend(row);
    while (rows.children.length > 20) rows.lastElementChild.remove();
  };
})();
