// A run as a sequence diagram that can be walked, and the state of every oplock beside it.
//
// A picture (reports/lanes.h) comes as {lanes, rows, spans, states}, its texts resolved. The drawing
// is for eyes; the same story stands beside it as text, and what the walk shows is announced.
'use strict';

O.headHeight = 34;
// Text cut to a width in pixels; capitals and marks are wider than small letters.
O.fit = (text, width) => {
  const shown = O.visible(text);
  let used = 0;
  for (let i = 0; i < shown.length; ++i) {
    const code = shown.charCodeAt(i);
    used += code > 0x2e7f ? 13 : (code >= 65 && code <= 90) || code === 95 ? 8.2 : 6.4;
    if (used > width) return `${shown.slice(0, Math.max(1, i - 2))}…`;
  }
  return shown;
};
// A request that is answered at once has two arrows.
O.rowHeight = (row) => (row.k === 'request' && row.a ? 58 : 40);

// Numbers become texts. The picture of one run, ready to draw.
O.resolvePicture = (raw, texts) => {
  const text = (number) => (number === undefined ? '' : texts[number]);
  return {
    label: raw.label || '',
    before: raw.before || 0,
    after: raw.after || 0,
    lanes: raw.lanes.map(text),
    rows: raw.rows.map((row) => ({...row, t: text(row.t), r: text(row.r), y: text(row.y),
      c: (row.c || []).map(text), x: (row.x || []).map((one) => ({advice: one[0] === 1,
        subject: text(one[1]), expected: text(one[2]), observed: text(one[3]),
        clauses: one[4].map(text)}))})),
    spans: raw.spans.map((span) => ({...span, t: text(span.t), n: text(span.n), r: text(span.r)})),
    states: raw.states.map((streams) => O.resolveState(streams, text)),
  };
};
O.resolveState = (streams, text) => streams.map(([name, holders, more]) => ({name: text(name), more,
  holders: holders.map(([owner, lane, type, to, long]) =>
    ({owner: text(owner), lane, type: text(type), to: to === null ? null : text(to),
      long: text(long)}))}));

O.holderText = (holder) => holder.type + (holder.to === null ? '' : ` → ${holder.to}`);
O.streamText = (stream) => stream.holders.map((one) => `${one.owner}: ${O.holderText(one)}`)
  .join(', ') + (stream.more ? ` and ${stream.more} more` : '');
O.stateText = (state) => (state.length === 0 ? 'no oplock is held'
  : state.map((stream) => `${stream.name}: ${O.streamText(stream)}`).join('; '));

// The oplocks of one moment as a table.
O.stateTable = (state) => {
  if (state.length === 0) return O.el('p', {class: 'muted'}, 'No oplock is held.');
  const rows = state.flatMap((stream) => stream.holders.map((holder, i) => O.el('tr', null,
    i === 0 && O.el('th', {scope: 'rowgroup', rowspan: stream.holders.length},
      O.longText(stream.name, 80)),
    O.el('td', null, holder.owner),
    O.el('td', null, O.el('span', {class: `oplock${holder.to === null ? '' : ' breaking'}`,
      title: O.visible(holder.long)}, O.holderText(holder)),
    holder.long !== O.holderText(holder) && O.el('span', {class: 'offscreen'}, ` ${holder.long}`)))));
  return O.el('table', {class: 'state'}, O.el('thead', null, O.el('tr', null,
    ['Stream', 'Owner', 'Oplock'].map((head) => O.el('th', {scope: 'col'}, head)))),
  O.el('tbody', null, rows));
};

// What a row says, in words.
O.rowText = (picture, row) => {
  const span = row.sp === undefined ? null : picture.spans[row.sp];
  const name = span === null ? 'the operation' : span.n || span.t;
  switch (row.k) {
    case 'request': return O.requestLabel(picture, row) + (row.a && row.r ? `: ${row.r}` : '');
    case 'pend': return `${name} ${row.w === 2 ? 'blocks its thread' : 'returns STATUS_PENDING'}`;
    case 'wait': return `${name} waits`;
    case 'release': return `${name} may go on`;
    case 'completion': return `${name} completes ${row.r}`;
    case 'cancel': return `${name} is to be cancelled`;
    case 'notice': return `the oplock of ${name} breaks from ${row.from} to ${row.to}, ` +
      (row.ack ? 'acknowledgment required' : 'no acknowledgment');
    default: return row.t || row.k.replaceAll('_', ' ');
  }
};
O.rowTitle = (picture, row) =>
  (row.l === undefined ? '' : `${picture.lanes[row.l]}: `) + O.rowText(picture, row);

// The width that the page has for a drawing, in pixels: the panel stands beside it, or above it
// where the page is narrow (page.css).
O.roomForDrawing = () => {
  const main = document.getElementById('main');
  const style = getComputedStyle(main);
  const inside = main.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  return inside - (innerWidth <= 62 * rem ? 0 : 26 * rem) - 4;
};

// The geometry of a picture.
O.layout = (picture) => {
  const streams = [...new Set(picture.states.flatMap((state) => state.map((one) => one.name)))];
  const shown = streams.slice(0, 6);
  const gutter = 46;
  const state = shown.length > 2 ? 130 : 190;
  // Lanes as wide as there is room for; below the least width the drawing scrolls.
  const room = O.roomForDrawing() - gutter - 100 - state * shown.length;
  const lane = Math.min(330, Math.max(150, Math.floor(room / (picture.lanes.length - 0.65))));
  const x = (number) => gutter + lane * (number + 0.35);
  const left = x(picture.lanes.length - 1) + 60;
  const tops = [0];
  for (const row of picture.rows) tops.push(tops[tops.length - 1] + O.rowHeight(row));
  return {lane, gutter, streams: shown, left, state, tops, x,
    width: left + 40 + state * shown.length, height: tops[tops.length - 1] + 14,
    y: (row) => tops[row] + 25,
    // The row at a height of the drawing; none: -1.
    rowAt: (height) => tops.findIndex((top, i) => i > 0 && height < top) - 1};
};

O.drawHead = (picture, at) => {
  const svg = O.svg('svg', {class: 'lanes-head', width: at.width, height: O.headHeight,
    viewBox: `0 0 ${at.width} ${O.headHeight}`,
    'aria-hidden': 'true'});
  picture.lanes.forEach((name, i) => {
    const last = i === picture.lanes.length - 1;
    const width = Math.min(at.lane - 16, 150);
    svg.append(O.svg('g', null,
      O.svg('rect', {class: last ? 'lane-box fs' : 'lane-box', x: at.x(i) - width / 2, y: 4, rx: 6,
        width, height: 26}),
      O.svg('text', {class: 'lane-name', x: at.x(i), y: 22, 'text-anchor': 'middle'},
        O.fit(name, width - 8))));
  });
  at.streams.forEach((name, i) => {
    svg.append(O.svg('text', {class: 'stream-name', x: at.left + 40 + at.state * i, y: 22},
      O.fit(name, at.state - 12), O.svg('title', null, name)));
  });
  return svg;
};

// The bars of IRPs that pend or block, side by side where they overlap.
O.drawSpans = (picture, at) => {
  const group = O.svg('g', {class: 'spans'});
  const ends = new Map();   // lane -> the last row of each bar beside another
  for (const span of picture.spans) {
    if (!span.w) continue;
    const last = span.z === null ? picture.rows.length : span.z;
    const bars = ends.get(span.l) || [];
    let slot = bars.findIndex((end) => end <= span.a);
    if (slot < 0) slot = bars.length;
    bars[slot] = last;
    ends.set(span.l, bars);
    const top = span.e ? 0 : at.y(span.a);
    const bottom = span.z === null ? at.height : at.y(last);
    group.append(O.svg('rect', {class: `span ${span.w === 2 ? 'blocks' : 'pends'}` +
      (span.x ? ' cancelled' : ''), x: at.x(span.l) - 5 + 12 * Math.min(slot, 5), y: top, width: 10,
    height: Math.max(4, bottom - top), rx: 3},
    O.svg('title', null, `${span.n || span.t} ${span.w === 2 ? 'blocks its thread' : 'pends'}` +
      (span.r ? `, then ${span.r}` : ', to the end'))));
  }
  return group;
};

O.arrow = (from, to, y, kind) => {
  const tip = to > from ? -9 : 9;
  const end = to + (to > from ? -2 : 2);
  return O.svg('g', {class: `arrow ${kind}`},
    O.svg('line', {x1: from, y1: y, x2: end + tip / 2, y2: y}),
    O.svg('path', {d: `M ${end} ${y} l ${tip} -5 l 0 10 z`}));
};

// What is written on an arrow, cut to the room there is between its ends.
O.arrowLabel = (text, from, to, y, kind) => {
  const left = Math.min(from, to) + 14;
  const room = Math.abs(to - from) - 24;
  return O.svg('text', {class: `label ${kind}`, x: left, y},
    O.fit(text, Math.max(50, room)));
};

O.requestLabel = (picture, row) => {
  const span = row.sp === undefined ? null : picture.spans[row.sp];
  if (span === null) return row.t;
  return span.n && !span.t.includes(span.n) ? `${span.n}: ${span.t}` : span.t;
};

O.drawRow = (picture, row, index, at) => {
  const y = at.y(index);
  const words = O.rowText(picture, row);
  const file = at.x(picture.lanes.length - 1);
  const client = row.l === undefined || row.l >= picture.lanes.length - 1 ? null : at.x(row.l);
  const mark = (x, kind, text) => [O.svg('circle', {class: `mark ${kind}`, cx: x, cy: y, r: 5}),
    O.svg('text', {class: `label ${kind}`, x: x === file ? file - 12 : x + 14, y: y + 4,
      'text-anchor': x === file ? 'end' : 'start'},
    O.fit(text, (x === file ? file - at.gutter : at.left - x) - 24))];
  switch (row.k) {
    case 'request':
      if (client === null) return mark(file, 'other', words);
      return [O.arrow(client, file, y, 'request'),
        O.arrowLabel(O.requestLabel(picture, row), client, file, y - 6, 'request'),
        row.a ? [O.arrow(file, client, y + 22, 'answer'),
          O.arrowLabel(row.r, client, file, y + 17, 'answer')] : null];
    case 'pend':
    case 'completion':
      if (client === null) return mark(file, 'other', words);
      return [O.arrow(file, client, y, row.k), O.arrowLabel(row.k === 'pend'
        ? (row.w === 2 ? 'blocks its thread' : 'STATUS_PENDING') : row.r,
      client, file, y - 6, row.k)];
    case 'notice':
      if (client === null) return mark(file, 'notice', words);
      return [O.arrow(file, client, y, 'notice'),
        O.arrowLabel(`break ${row.from} → ${row.to}${row.ack ? ', ack required' : ''}`, client, file,
          y - 7, 'notice')];
    case 'clock':
      return [O.svg('line', {class: 'clock', x1: at.gutter, y1: y, x2: at.left, y2: y}),
        O.svg('text', {class: 'label clock', x: at.gutter + 6, y: y - 5}, O.cut(row.t, 70))];
    case 'wait':
    case 'release':
      return mark(file, row.k, words);
    default:
      return mark(client === null ? file : client, 'other', words);
  }
};

// The state of each stream as boxes that last as long as it does.
O.drawStates = (picture, at) => {
  const group = O.svg('g', {class: 'states'});
  at.streams.forEach((name, column) => {
    const x = at.left + 40 + at.state * column;
    let from = 0;
    let shown = null;
    const close = (to) => {
      if (shown === null || to === from) return;
      group.append(O.svg('rect', {class: `state-box${shown.breaking ? ' breaking' : ''}`, x: x - 6,
        y: at.tops[from] + 3, width: at.state - 10, height: at.tops[to] - at.tops[from] - 6, rx: 5}),
      O.svg('text', {class: 'label state', x, y: at.tops[from] + 20},
        O.fit(shown.text, at.state - 18), O.svg('title', null, shown.text)));
    };
    picture.rows.forEach((row, i) => {
      const stream = picture.states[row.s].find((one) => one.name === name);
      const next = stream === undefined ? null : {text: O.streamText(stream),
        breaking: stream.holders.some((one) => one.to !== null)};
      if ((next && next.text) === (shown && shown.text)) return;
      close(i);
      from = i;
      shown = next;
    });
    close(picture.rows.length);
  });
  return group;
};

O.drawBody = (picture, at) => {
  const svg = O.svg('svg', {class: 'lanes-body', width: at.width, height: at.height,
    viewBox: `0 0 ${at.width} ${at.height}`, role: 'img',
    'aria-label': `Sequence diagram with the lanes ${picture.lanes.join(', ')} and ` +
      `${O.counted(picture.rows.length, 'event')}. The same events are listed as text below it.`});
  const pattern = O.svg('pattern', {id: 'hatch', width: 6, height: 6, patternUnits: 'userSpaceOnUse',
    patternTransform: 'rotate(45)'}, O.svg('rect', {class: 'hatch', width: 3, height: 6}));
  svg.append(O.svg('defs', null, pattern));
  const bands = picture.rows.map((row, i) => O.svg('rect', {class: 'band' +
    (row.f && row.x.length ? ' failed' : '') + (row.b ? ' begins' : ''), x: 0, y: at.tops[i],
  width: at.width, height: O.rowHeight(row)}));
  svg.append(...bands);
  picture.lanes.forEach((name, i) => svg.append(O.svg('line', {class: 'life', x1: at.x(i), y1: 0,
    x2: at.x(i), y2: at.height})));
  svg.append(O.drawSpans(picture, at), O.drawStates(picture, at));
  picture.rows.forEach((row, i) => {
    const group = O.svg('g', {class: 'row', 'data-row': i});
    if (row.b || (row.n && (i === 0 || picture.rows[i - 1].n !== row.n))) {
      group.append(O.svg('text', {class: 'step-number', x: 8, y: at.y(i) + 4}, String(row.n)));
    }
    if (row.x.length) {
      group.append(O.svg('text', {class: 'flag', x: 26, y: at.y(i) + 5}, '✗'));
    }
    O.append(group, [O.drawRow(picture, row, i, at)]);
    svg.append(group);
  });
  return {svg, bands};
};

// What there is to know of one event.
O.rowDetails = (picture, index, options) => {
  const row = picture.rows[index];
  const lines = [O.el('p', {class: 'event-text'}, O.longText(O.rowTitle(picture, row)))];
  if (row.r && row.k === 'notice') lines.push(O.el('p', null, 'Result: ', O.el('code', null, row.r)));
  if (row.y) lines.push(O.el('p', null, 'Why: ', row.y, '.'));
  if (row.by !== undefined) {
    const cause = picture.spans[row.by];
    lines.push(O.el('p', null, 'Brought about by: ', cause.n ? `${cause.n} (${cause.t})` : cause.t));
  }
  for (const remark of row.x) {
    lines.push(O.comparison(remark.subject, remark.expected, remark.observed));
  }
  const clauses = [...new Set(row.c.concat(...row.x.map((one) => one.clauses)))];
  for (const id of clauses) lines.push(options.clause(id));
  return lines;
};

O.comparison = (subject, expected, observed) => O.el('div', {class: 'comparison'},
  O.el('h4', null, typeof subject === 'string' ? O.longText(subject, 300) : subject), O.el('dl', null,
    O.el('div', {class: 'expected'}, O.el('dt', null, 'Expected'), O.el('dd', null, O.longText(expected))),
    O.el('div', {class: 'observed'}, O.el('dt', null, 'Observed'), O.el('dd', null, O.longText(observed)))));

// The whole: drawing, controls, what the current event says, and the text of all events.
// options: at (row to begin with), onmove(row), clause(id) -> element.
O.diagram = (picture, options) => {
  const count = picture.rows.length;
  if (count === 0) return O.el('p', {class: 'muted'}, 'Nothing happened in this run.');
  const at = O.layout(picture);
  const {svg, bands} = O.drawBody(picture, at);
  const scroll = O.el('div', {class: 'diagram-scroll', tabindex: '0', role: 'group',
    'aria-roledescription': 'sequence diagram',
    'aria-label': 'Sequence diagram. Arrow keys up and down walk through the events, Home and End ' +
      'go to the first and the last.'}, O.drawHead(picture, at), svg);
  const heading = O.el('h3', {class: 'event-heading'});
  const details = O.el('div', {class: 'event-details'});
  const state = O.el('div', {class: 'event-state'});
  const list = O.el('ol', {class: 'events'}, picture.rows.map((row, i) => O.el('li', null,
    O.el('button', {type: 'button', class: 'event', onclick: () => go(i, true)},
      row.n ? O.el('span', {class: 'muted'}, `${options.step || 'step'} ${row.n} `) : null,
      O.longText(O.rowTitle(picture, row), 400)), row.x.length ? ' ✗ not as expected' : null,
    row.ch ? O.el('span', {class: 'muted'}, ` — ${O.stateText(picture.states[row.s])}`) : null)));
  let current = Math.min(Math.max(0, options.at || 0), count - 1);

  const button = (text, label, target) => O.el('button', {type: 'button', 'aria-label': label,
    onclick: () => go(target(), true)}, text);
  const controls = O.el('div', {class: 'controls'},
    button('First', 'First event', () => 0), button('◀ Previous', 'Previous event', () => current - 1),
    button('Next ▶', 'Next event', () => current + 1), button('Last', 'Last event', () => count - 1));

  function go(target, tell) {
    const row = Math.min(Math.max(0, target), count - 1);
    bands[current].classList.remove('current');
    list.children[current].removeAttribute('aria-current');
    current = row;
    bands[row].classList.add('current');
    list.children[row].setAttribute('aria-current', 'step');
    const shown = picture.rows[row];
    heading.textContent = `Event ${row + 1} of ${count}` + (shown.n ? ` · ${options.step || 'step'} ${shown.n}` : '');
    details.replaceChildren(...O.rowDetails(picture, row, options));
    state.replaceChildren(O.el('h4', null, 'Oplocks now'), O.stateTable(picture.states[shown.s]));
    if (!tell) return;
    const top = at.tops[row];
    if (top < scroll.scrollTop || top + 100 + O.headHeight > scroll.scrollTop + scroll.clientHeight) {
      scroll.scrollTop = top - scroll.clientHeight / 2;
    }
    O.say(`Event ${row + 1}: ${O.rowTitle(picture, shown)}. ${O.stateText(picture.states[shown.s])}`);
    if (options.onmove) options.onmove(row, shown);
  }
  const keys = {ArrowDown: () => current + 1, ArrowUp: () => current - 1, j: () => current + 1,
    k: () => current - 1, Home: () => 0, End: () => count - 1,
    PageDown: () => current + 10, PageUp: () => current - 10};
  scroll.addEventListener('keydown', (event) => {
    if (!Object.hasOwn(keys, event.key) || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    go(keys[event.key](), true);
  });
  O.hover(svg, picture, at, options);
  svg.addEventListener('click', (event) => {
    const row = at.rowAt(event.clientY - svg.getBoundingClientRect().top);
    if (row >= 0) go(row, true);
  });
  go(current, false);
  const cutOff = picture.before + picture.after;
  return O.el('div', {class: 'diagram'},
    O.el('div', {class: 'diagram-main'}, scroll,
      cutOff > 0 && O.el('p', {class: 'muted'}, `${O.counted(cutOff, 'event')} of the trace are not drawn.`),
      O.el('p', {class: 'legend muted'}, O.el('span', {class: 'key pends'}), ' pends ',
        O.el('span', {class: 'key blocks'}), ' blocks its thread ',
        O.el('span', {class: 'key notice'}), ' break notice'),
      O.el('details', {class: 'as-text'}, O.el('summary', null, 'The events as text'), list)),
    O.el('section', {class: 'panel', 'aria-label': 'The current event'}, controls, heading, details,
      state));
};

// What the pointer is over, in a box beside it. The same is in the panel for everybody else.
O.hover = (svg, picture, at, options) => {
  const box = O.el('div', {class: 'tip', hidden: true, 'aria-hidden': 'true'});
  let shown = -1;
  svg.addEventListener('pointermove', (event) => {
    const row = at.rowAt(event.clientY - svg.getBoundingClientRect().top);
    if (row < 0) return;
    if (!box.isConnected) document.body.append(box);
    if (row !== shown) box.replaceChildren(...O.rowDetails(picture, row, options));
    shown = row;
    box.hidden = false;
    const left = Math.min(event.clientX + 18, innerWidth - box.offsetWidth - 8);
    const below = event.clientY + 20 + box.offsetHeight < innerHeight;
    box.style.left = `${Math.max(4, left)}px`;
    box.style.top = `${Math.max(4, below ? event.clientY + 20 : event.clientY - box.offsetHeight - 12)}px`;
  });
  svg.addEventListener('pointerleave', () => {
    box.hidden = true;
    box.remove();
  });
};
