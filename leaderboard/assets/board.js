/* Sorting, filtering, comparing, stepping, and the viewer of a local file. Pages are whole without any of it. */
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (tag, properties = {}, children = []) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const hidden = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
  const shown = (text) =>
    String(text).replace(hidden, (one) => `[U+${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}]`);

  const unhide = () => {
    for (const element of all(".needs-script")) element.hidden = false;
    for (const element of all(".without-script")) element.hidden = true;
  };

  /* Sorting: a button in each head of a sortable table; aria-sort says what holds. */
  const value = (row, column, numeric) => {
    const cell = row.cells[column];
    const text = cell.dataset.value ?? cell.textContent.trim();
    if (!numeric) return text.toLowerCase();
    const number = parseFloat(text);
    return Number.isNaN(number) ? null : number;
  };
  const sort = (table, column, head) => {
    const numeric = head.dataset.type === "number";
    const up = head.getAttribute("aria-sort") === "none" || !head.hasAttribute("aria-sort") ? !numeric : head.getAttribute("aria-sort") === "descending";
    const rows = [...table.tBodies[0].rows].map((row) => [value(row, column, numeric), row]);
    rows.sort(([one], [other]) => {
      /* What is unknown comes last, whichever way. */
      if (one === null || other === null) return (one === null) - (other === null);
      const order = numeric ? one - other : one.localeCompare(other);
      return up ? order : -order;
    });
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    table.tBodies[0].append(...rows.map(([, row]) => row));
  };
  const sortable = (table) => {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      if (head.classList.contains("needs-script")) return;
      const button = make("button", { type: "button" }, [...head.childNodes]);
      button.addEventListener("click", () => sort(table, column, head));
      head.append(button);
    });
  };

  /* Filtering: rows that hold every word. */
  const filter = (field) => {
    const table = document.getElementById(field.dataset.filter);
    const count = document.querySelector(`[data-count="${field.dataset.filter}"]`);
    const rows = [...table.tBodies[0].rows];
    const texts = rows.map((row) => row.textContent.toLowerCase());
    const apply = () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      let left = 0;
      rows.forEach((row, place) => {
        row.hidden = !words.every((word) => texts[place].includes(word));
        left += !row.hidden;
      });
      count.textContent = words.length ? `${left} of ${rows.length}` : "";
    };
    field.addEventListener("input", apply);
  };

  /* Two ticks lead to the page that compares. */
  const picking = (button) => {
    const picks = all("[data-pick]");
    const ticked = () => picks.filter((pick) => pick.checked);
    for (const pick of picks) pick.addEventListener("change", () => { button.disabled = ticked().length !== 2; });
    button.addEventListener("click", () => {
      const [one, other] = ticked();
      location.href = `${button.dataset.compare}#${one.dataset.pick},${other.dataset.pick}`;
    });
  };

  /* The paired difference, as the site's maker computes it: Agresti and Min. */
  const difference = (one, other) => {
    const pairs = [];
    one.forEach((mine, place) => {
      if (mine !== null && other[place] !== null) pairs.push([place, mine - other[place]]);
    });
    const n = pairs.length + 2;
    const sum = pairs.reduce((total, [, by]) => total + by, 0);
    const squares = pairs.reduce((total, [, by]) => total + by * by, 0);
    const centre = sum / n;
    const half = 1.959963984540054 * Math.sqrt(((squares + 1) / n - centre * centre) / n);
    return { pairs, mean: pairs.length ? sum / pairs.length : 0, low: Math.max(-1, centre - half), high: Math.min(1, centre + half) };
  };
  const comparing = (data) => {
    const [a, b] = ["a", "b"].map((side) => document.querySelector(`[data-side="${side}"]`));
    const place = document.getElementById("pair");
    const signed = (number) => (number < 0 ? "−" : "+") + Math.abs(number).toFixed(3);
    const list = (title, flips) => make("details", {}, [
      make("summary", { textContent: `${title}: ${flips.length}` }),
      make("ul", {}, flips.map(([task, by]) => make("li", { textContent: `${data.tasks[task]} (${signed(by)})` }))),
    ]);
    const show = () => {
      const found = difference(data.systems[a.value].rewards, data.systems[b.value].rewards);
      const sure = found.low > 0 || found.high < 0 ? "" : " It holds 0: this doesn't tell which one is better.";
      place.replaceChildren(
        make("p", { textContent: `${data.systems[a.value].name} less ${data.systems[b.value].name}: ${signed(found.mean)}, 95 % interval ${signed(found.low)} to ${signed(found.high)}, over ${found.pairs.length} tasks.${sure}` }),
        list("Better on the first", found.pairs.filter(([, by]) => by > 0)),
        list("Better on the second", found.pairs.filter(([, by]) => by < 0)),
      );
      history.replaceState(null, "", `#${a.value},${b.value}`);
    };
    const wanted = location.hash.slice(1).split(",").map(Number);
    if (wanted.length === 2 && wanted.every((one) => one in data.systems)) [a.value, b.value] = wanted;
    for (const side of [a, b]) side.addEventListener("change", show);
    if (data.systems.length) show();
  };

  /* j and k: to the next step, and back. */
  const stepping = () => {
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
      const by = { j: 1, k: -1 }[event.key];
      const steps = all(".steps > li");
      if (!by || !steps.length) return;
      const now = steps.findIndex((step) => step === document.activeElement || step.contains(document.activeElement));
      const next = steps[Math.min(steps.length - 1, Math.max(0, now + by))];
      next.focus({ preventScroll: true });
      next.scrollIntoView({ block: "start" });
    });
  };

  /* The viewer: lines of JSON from a file that never leaves this page. */
  const step = (event, number) => {
    const message = event.message ?? {};
    const words = (text, css = "") => make("pre", { className: css, textContent: shown(text), dir: "auto" });
    const parts = [];
    let who = event.party ?? "infrastructure";
    if (event.type === "message") {
      if (event.to === "environment" && !message.tool_calls?.length) who += " → environment";
      if (event.given) who += " (given)";
      if (message.text) parts.push(words(message.text, "words"));
      for (const call of message.tool_calls ?? []) {
        parts.push(make("p", { className: "call", textContent: shown(call.name) }), words(JSON.stringify(call.arguments, null, 1)));
      }
      if (message.stop) parts.push(words(`ends the conversation: ${message.stop}`, "words"));
    } else if (event.type === "tool") {
      who = `${event.name} returned`;
      parts.push(words(event.result.content));
    } else if (event.type === "phase") {
      who = `phase ${event.phase + 1}: ${event.passed ? "passed" : "not passed"}`;
    } else {
      who += " broke";
      parts.push(words(event.error ?? ""));
    }
    const css = event.type === "tool" ? (event.result.error ? "tool error" : "tool") : event.type === "fault" ? "fault" : event.party ?? "";
    return make("li", { className: css, tabIndex: -1 }, [
      make("div", { className: "gutter", textContent: number }),
      make("div", { className: "step" }, [make("p", { className: "who", textContent: shown(who) }), ...parts]),
    ]);
  };
  const viewing = (file) => {
    const [said, chooser, choice, steps] = ["said", "chooser", "episode", "steps"].map((id) => document.getElementById(id));
    let records = [];
    const show = () => {
      const record = records[choice.value];
      steps.replaceChildren(...(record ? record.events.map((event, place) => step(event, place + 1)) : []));
    };
    choice.addEventListener("change", show);
    file.addEventListener("change", async () => {
      records = [];
      let damaged = 0;
      const text = file.files.length ? await file.files[0].text() : "";
      for (const line of text.split("\n")) {
        if (!line.trim()) continue;
        try {
          const found = JSON.parse(line);
          const record = found.record ?? found;
          if (!Array.isArray(record.events)) throw new Error("no events");
          records.push(record);
        } catch { damaged += 1; }
      }
      said.textContent = `${records.length} episodes` + (damaged ? `, ${damaged} lines that are none` : "");
      choice.replaceChildren(...records.map((record, place) =>
        make("option", { value: place, textContent: shown(`${record.pack}/${record.task}#${record.trial} ${record.reward?.value ?? "–"}`) })));
      chooser.hidden = !records.length;
      try { show(); } catch { said.textContent += "; this one can't be shown"; }
    });
  };

  unhide();
  all("table.sortable").forEach(sortable);
  all("[data-filter]").forEach(filter);
  all("[data-compare]").forEach(picking);
  const data = document.getElementById("board-data");
  if (data) comparing(JSON.parse(data.textContent));
  stepping();
  const file = document.getElementById("file");
  if (file) viewing(file);
})();
