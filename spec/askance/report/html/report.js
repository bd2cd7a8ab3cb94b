"use strict";
/* Draws each failure's sequence diagram, only the rows that are in view, and steps through it; filters the matrix. */
(() => {
  const ROW = 40, HEAD = 58, GUTTER = 44, BAR = 12, SPARE = 12, PRINTED = 400;
  const all = JSON.parse(document.getElementById("diagrams").textContent);
  const viewers = [];
  let active = null;

  function element(name, attributes, text) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const key in attributes) made.setAttribute(key, attributes[key]);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  const cut = (text, width) => {
    const most = Math.max(3, Math.floor(width / 7));
    return text.length <= most ? text : text.slice(0, most - 1) + "…";
  };

  /* The text in one line or two. */
  function folded(text, width) {
    const most = Math.max(8, Math.floor(width / 7));
    if (text.length <= most) return [text];
    const space = text.lastIndexOf(" ", most), at = space > 0 ? space : most;
    return [text.slice(0, at), cut(text.slice(at).trim(), width)];
  }

  class Viewer {
    constructor(section, data) {
      this.section = section;
      this.data = data;
      this.at = Math.max(0, data.rows.map((row) => Boolean(row.bad)).lastIndexOf(true));
      if (!data.rows[this.at]?.bad) this.at = Math.max(0, data.rows.length - 1);
      this.heads = section.querySelector(".heads");
      this.scroll = section.querySelector(".scroll");
      this.tall = section.querySelector(".tall");
      this.now = section.querySelector(".now");
      this.tall.style.height = data.rows.length * ROW + 14 + "px";
      this.scroll.addEventListener("scroll", () => this.draw());
      this.scroll.addEventListener("keydown", (event) => this.key(event));
      section.addEventListener("pointerdown", () => (active = this));
      section.addEventListener("focusin", () => (active = this));
      this.tall.addEventListener("click", (event) => {
        const row = event.target.closest("[data-row]");
        if (row) this.go(Number(row.dataset.row));
      });
      for (const button of section.querySelectorAll("[data-go]"))
        button.addEventListener("click", () => this.move(button.dataset.go));
      this.resize();
      this.show();
    }

    resize() {
      const lanes = Math.max(1, this.data.lanes.length);
      const room = Math.max(240, this.section.querySelector(".picture").clientWidth - 18);
      const told = room - GUTTER - 12 - 132 * lanes >= 260;
      this.pitch = Math.min(told ? 150 : 210, Math.max(96, (room - GUTTER - 12) / lanes));
      /* Where there is room beside the lanes, each event is told there in a sentence. */
      this.told = told ? GUTTER + this.pitch * lanes + 16 : 0;
      this.width = Math.max(room, GUTTER + 12 + this.pitch * lanes);
      this.heads.style.width = this.scroll.style.width = this.width + 16 + "px";
      this.head();
      this.draw();
    }

    x(lane) { return GUTTER + this.pitch * (lane + 0.5); }

    head() {
      const svg = element("svg", { width: this.width, height: HEAD, "aria-hidden": "true" });
      for (const group of this.data.groups) {
        const left = GUTTER + this.pitch * group.first + 4, wide = this.pitch * group.count - 8;
        svg.append(element("rect", { class: "group", x: left, y: 5, width: wide, height: HEAD, rx: 6 }));
        const name = element("text", { class: "quiet", x: left + wide / 2, y: 22, "text-anchor": "middle" }, cut(group.name, wide));
        name.append(element("title", {}, group.name));
        svg.append(name);
      }
      this.data.lanes.forEach((lane, number) => {
        const text = (lane.kind === "actor" ? "actor " : "client ") + lane.name;
        svg.append(element("text", { class: "title", x: this.x(number), y: 44, "text-anchor": "middle" }, cut(text, this.pitch)));
      });
      this.heads.replaceChildren(svg);
    }

    /* Only what is in view is drawn, so that a history of any length steps as fast as a short one. */
    draw(whole = false) {
      const rows = this.data.rows;
      const view = this.scroll.clientHeight || 600;
      let first = Math.max(0, Math.floor(this.scroll.scrollTop / ROW) - SPARE);
      let last = Math.min(rows.length, Math.ceil((this.scroll.scrollTop + view) / ROW) + SPARE);
      if (whole) {
        /* Paper has no end, but nobody reads it: so many events, those that lead to the current one among them. */
        first = Math.max(0, Math.min(rows.length - PRINTED, this.at + 20 - PRINTED));
        last = Math.min(rows.length, first + PRINTED);
      }
      this.section.querySelector(".paper").textContent = whole && last - first < rows.length
        ? `Events ${first + 1} to ${last} of ${rows.length}; the page itself has all of them.` : "";
      const top = first * ROW;
      const svg = element("svg", { width: this.width, height: (last - first) * ROW + 14, role: "img" });
      svg.setAttribute("aria-label", `events ${first + 1} to ${last} of ${rows.length}`);
      svg.style.top = whole ? "0" : top + "px";
      const grounds = element("g", {}), bars = element("g", {}), marks = element("g", {});
      for (let number = first; number < last; number++) this.row(number, number * ROW - top, grounds, marks);
      this.data.lanes.forEach((_, lane) =>
        bars.append(element("line", { class: "lifeline", x1: this.x(lane), x2: this.x(lane), y1: 0, y2: (last - first) * ROW + 14 })));
      const order = { turn: 0, wait: 1, blocked: 2 };
      const near = this.data.bars.filter((bar) => bar.first < last && (bar.last === null || bar.last >= first));
      near.sort((one, other) => order[one.kind] - order[other.kind]);
      for (const bar of near) this.bar(bar, first, last, top, bars);
      svg.append(grounds, bars, marks);
      if (whole) this.tall.style.height = (last - first) * ROW + 14 + "px";
      this.tall.replaceChildren(svg);
    }

    bar(bar, first, last, top, into) {
      const from = Math.max(bar.first, first - 1) * ROW - top + ROW / 2;
      const end = bar.last === null ? this.data.rows.length - 0.4 : bar.last + 0.5;
      const to = Math.min(end, last + 1) * ROW - top;
      const wide = bar.kind === "turn" ? BAR : bar.kind === "wait" ? BAR - 4 : BAR + 6;
      const x = this.x(bar.lane) - wide / 2;
      const group = element("g", bar.first > this.at ? { class: "bar-later" } : {});
      group.append(element("rect", { class: bar.kind, x, y: from, width: wide, height: Math.max(4, to - from), rx: 2 }));
      if (bar.kind === "blocked")
        for (let y = from; y < to - wide; y += 8)
          group.append(element("line", { class: "hatch", x1: x, x2: x + wide, y1: y + wide, y2: y }));
      into.append(group);
    }

    row(number, y, grounds, marks) {
      const row = this.data.rows[number];
      const state = (number === this.at ? " on" : number > this.at ? " later" : "") + (row.bad ? " bad" : "");
      const ground = element("g", { class: "row" + state, "data-row": number });
      ground.append(element("rect", { class: "ground", x: 0, y, width: this.width, height: ROW }));
      ground.append(element("text", { class: "number", x: 8, y: y + 25 }, number + 1));
      grounds.append(ground);
      const group = element("g", { class: "row" + state, "data-row": number });
      group.append(element("title", {}, row.text + (row.source ? "\n" + row.source : "")));
      if (this.told && (row.from ?? row.to ?? null) !== null)
        folded(row.text, this.width - this.told - 4).forEach((line, at, lines) =>
          group.append(element("text", { x: this.told, y: y + (lines.length > 1 ? 17 + 16 * at : 25) }, line)));
      if (row.switch) {
        group.append(element("line", { class: "switch", x1: 4, x2: this.width - 4, y1: y + 2, y2: y + 2 }));
        group.append(element("text", { class: "switch halo", x: 24, y: y + 15 }, "⇄ switch"));
      }
      const from = row.from ?? null, to = row.to ?? null, middle = y + ROW / 2 + 4;
      if (from === null && to === null) {
        const wide = this.pitch * this.data.lanes.length;
        group.append(element("text", { class: "halo", x: GUTTER + wide / 2, y: middle + 2, "text-anchor": "middle" }, cut(row.text, wide)));
      } else if (from !== null && to !== null && from !== to) {
        this.arrow(group, row, this.x(from), this.x(to), middle);
      } else {
        this.own(group, row, this.x(from ?? to), middle, from ?? to);
      }
      marks.append(group);
    }

    arrow(group, row, from, to, y) {
      const kind = row.kind === "done" ? " reply" : row.kind === "tell" ? " tell" : "";
      const way = Math.sign(to - from), end = to - way * (BAR / 2 + 1);
      group.append(element("line", { class: "arrow" + kind, x1: from + way * (BAR / 2), x2: end - way * 7, y1: y, y2: y }));
      group.append(element("path", { class: "head", d: `M${end} ${y}l${-way * 10} -5v10z` }));
      group.append(element("text", { class: "halo", x: (from + to) / 2, y: y - 6, "text-anchor": "middle" }, cut(row.label, Math.abs(to - from) - 22)));
    }

    own(group, row, x, y, lane) {
      const room = GUTTER + this.pitch * this.data.lanes.length - x - 16, left = x - GUTTER - 16;
      const right = room >= left || row.label.length * 7 < room;
      if (row.from != null && row.from === row.to)
        group.append(element("path", { class: "arrow", d: `M${x + 6} ${y - 7}h22v14h-18` }), element("path", { class: "head", d: `M${x + 7} ${y + 7}l10 -5v10z` }));
      else group.append(element("circle", { class: "dot", cx: x, cy: y, r: 4.5 }));
      const offset = row.from != null && row.from === row.to ? 34 : 13;
      group.append(element("text", { class: "halo", x: right ? x + offset : x - 13, y: y + 4, "text-anchor": right ? "start" : "end" }, cut(row.label, (right ? room : left) - 4)));
    }

    move(where) {
      const last = this.data.rows.length - 1;
      this.go({ first: 0, back: this.at - 1, forward: this.at + 1, last }[where]);
    }

    go(number) {
      this.at = Math.min(this.data.rows.length - 1, Math.max(0, number));
      const y = this.at * ROW, view = this.scroll.clientHeight;
      if (y < this.scroll.scrollTop + ROW) this.scroll.scrollTop = y - ROW;
      else if (y + 2 * ROW > this.scroll.scrollTop + view) this.scroll.scrollTop = y + 2 * ROW - view;
      this.draw();
      this.show();
    }

    show() {
      const rows = this.data.rows, row = rows[this.at], section = this.section;
      section.dataset.at = this.at;
      section.querySelector(".position").textContent = rows.length ? `${this.at + 1} of ${rows.length}` : "no events";
      for (const [go, end] of [["first", 0], ["back", 0], ["forward", rows.length - 1], ["last", rows.length - 1]])
        section.querySelector(`[data-go=${go}]`).disabled = !row || this.at === end;
      if (!row) return;
      const told = document.createElement("p");
      told.textContent = row.text;
      const list = document.createElement("dl");
      const fact = (name, content, style) => {
        const term = document.createElement("dt"), value = document.createElement("dd");
        term.textContent = name;
        value.append(content);
        if (style) value.className = style;
        list.append(term, value);
      };
      if (row.switch) fact("switch", row.switch, "why");
      if (row.source) {
        let place = row.source;
        if (row.href) {
          place = document.createElement("a");
          place.href = row.href;
          place.textContent = row.source;
        }
        fact("source", place);
      }
      if (row.mailbox) fact("mailbox", row.mailbox.length ? row.mailbox.join(", ") + " still wait" : "empty");
      if (row.strand) fact("strand", row.strand);
      if (row.step !== undefined) fact("step", `${row.step}, at ${Number(row.time.toFixed(6))} s of virtual time`);
      this.now.classList.toggle("bad", Boolean(row.bad));
      this.now.replaceChildren(told, list);
      const names = [row.from, row.to].filter((lane) => lane != null).map((lane) => this.data.lanes[lane].name);
      for (const line of section.querySelectorAll(".program .line"))
        line.classList.toggle("on", names.includes(line.dataset.lane));
    }

    key(event) {
      const page = Math.max(1, Math.floor(this.scroll.clientHeight / ROW) - 1);
      const to = { ArrowUp: this.at - 1, ArrowDown: this.at + 1, Home: 0, End: this.data.rows.length - 1,
        PageUp: this.at - page, PageDown: this.at + page }[event.key];
      if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      this.go(to);
    }
  }

  for (const section of document.querySelectorAll(".failure")) viewers.push(new Viewer(section, all[section.id]));
  active = viewers[0] ?? null;

  document.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: "back", k: "back", ArrowRight: "forward", j: "forward" }[event.key];
    if (!by || !active || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea")) return;
    event.preventDefault();
    active.move(by);
  });

  let waiting = 0;
  window.addEventListener("resize", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => viewers.forEach((viewer) => viewer.resize()));
  });
  window.addEventListener("beforeprint", () => viewers.forEach((viewer) => viewer.draw(true)));
  window.addEventListener("afterprint", () => viewers.forEach((viewer) => {
    viewer.tall.style.height = viewer.data.rows.length * ROW + 14 + "px";
    viewer.draw();
  }));

  /* ------------------------------------------------------------ filters */

  const form = document.querySelector(".filters");
  function filter() {
    const wanted = Object.fromEntries(new FormData(form));
    const text = wanted.text.trim().toLowerCase();
    const fits = (one) =>
      (!wanted.verdict || one.dataset.verdict.split(" ").includes(wanted.verdict)) &&
      (!wanted.level || one.dataset.level === wanted.level) &&
      (!wanted.chapter || one.dataset.chapter === wanted.chapter);
    const rows = [...document.querySelectorAll(".matrix tbody tr")];
    const shown = new Set();
    for (const row of rows) {
      row.hidden = !(fits(row) && row.textContent.toLowerCase().includes(text));
      if (!row.hidden) shown.add(row.dataset.clause);
    }
    for (const viewer of viewers) {
      const was = viewer.section.hidden;
      viewer.section.hidden = !(fits(viewer.section) && shown.has(viewer.section.dataset.clause));
      if (was && !viewer.section.hidden) viewer.resize();
    }
    if (!active || active.section.hidden) active = viewers.find((viewer) => !viewer.section.hidden) ?? null;
    form.querySelector("output").textContent = `${shown.size} of ${rows.length} clauses`;
  }
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  filter();
  document.documentElement.dataset.ready = "yes";
})();
