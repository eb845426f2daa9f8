// The state explorer: a walk through the states of a small case. The address names the path.
'use strict';

const E = {graph: null, states: [], path: [], seen: new Set([0]), chosen: 0};

E.load = () => {
  const graph = O.parse(O.data('graph')[0]);
  const text = (number) => (number === undefined ? '' : graph.texts[number]);
  E.graph = graph;
  E.clauses = new Map(graph.clauses.map((clause) => [clause[0], clause]));
  E.states = graph.states.map((state) => ({text: text(state.t), oplocks: O.resolveState(state.o, text),
    violations: (state.v || []).map(text), deadlock: state.d === 1, unexpanded: state.u === 1,
    more: state.more || 0, choices: state.n.map((choice) => ({label: text(choice.t),
      detail: text(choice.h), picture: choice.p ? O.resolvePicture(choice.p, graph.texts) : null, clauses: (choice.c || []).map(text),
      target: choice.to === undefined ? null : choice.to}))}));
  E.setup = O.resolvePicture(graph.setup, graph.texts);
  // The way to each state with the fewest choices: [state before, choice].
  E.before = new Map([[0, null]]);
  const queue = [0];
  for (let i = 0; i < queue.length; ++i) {
    E.states[queue[i]].choices.forEach((choice, number) => {
      if (choice.target === null || E.before.has(choice.target)) return;
      E.before.set(choice.target, [queue[i], number]);
      queue.push(choice.target);
    });
  }
};

E.shortestPath = (state) => {
  const path = [];
  for (let at = E.before.get(state); at; at = E.before.get(at[0])) path.unshift(at[1]);
  return path;
};

E.readPath = () => {
  const numbers = location.hash.replace(/^#\/?/, '').split('/').filter((part) => part !== '');
  const path = [];
  let at = 0;
  for (const part of numbers) {
    const choice = /^\d+$/.test(part) ? E.states[at].choices[Number(part)] : undefined;
    if (!choice || choice.target === null) return {path, wrong: part};
    path.push(Number(part));
    at = choice.target;
  }
  return {path, wrong: null};
};
E.link = (path) => `#/${path.join('/')}`;
E.go = (path) => {
  location.hash = E.link(path);
};
// The states along a path, the first one included.
E.walk = (path) => {
  const states = [0];
  for (const number of path) states.push(E.states[states[states.length - 1]].choices[number].target);
  return states;
};

// What happened on a path as one picture. Each choice brings its own rows; a span that began before
// it is found again by its lane and its name.
E.picture = (path) => {
  const whole = {label: '', before: 0, after: 0, lanes: E.graph.lanes, rows: [], spans: [], states: []};
  const add = (part, number) => {
    const lane = (name) => Math.max(0, whole.lanes.indexOf(part.lanes[name]));
    const first = whole.rows.length;
    const spans = part.spans.map((span) => {
      const same = span.e ? whole.spans.find((one) => one.z === null && one.l === lane(span.l) &&
        one.n === span.n && one.t === span.t) : undefined;
      const mine = same || {...span, l: lane(span.l), a: first + span.a, z: null};
      if (!same) whole.spans.push(mine);
      mine.w = mine.w || span.w;
      if (span.z !== null) Object.assign(mine, {z: first + span.z, r: span.r, x: span.x});
      return whole.spans.indexOf(mine);
    });
    const states = whole.states.length;
    whole.states.push(...part.states);
    part.rows.forEach((row, i) => whole.rows.push({...row, n: number, b: i === 0 ? 1 : 0, s: states + row.s,
      l: row.l === undefined ? undefined : lane(row.l), sp: row.sp === undefined ? undefined : spans[row.sp],
      by: row.by === undefined ? undefined : spans[row.by]}));
  };
  add(E.setup, 0);
  let at = 0;
  path.forEach((number, i) => {
    const choice = E.states[at].choices[number];
    if (choice.picture !== null) add(choice.picture, i + 1);
    at = choice.target;
  });
  return whole;
};
E.sequence = (path) => {
  const picture = E.picture(path);
  if (picture.rows.length === 0) return null;
  return O.el('section', {'aria-labelledby': 'sequence'}, O.el('h2', {id: 'sequence'}, 'What happened on this path'),
    O.diagram(picture, {at: picture.rows.length - 1, clause: E.clauseCard, step: 'choice'}));
};

E.mark = (state) => {
  if (state.violations.length > 0) {
    return O.el('span', {class: 'badge fail'}, O.el('span', {'aria-hidden': 'true'}, '✗ '), 'violation');
  }
  if (state.deadlock) {
    return O.el('span', {class: 'badge fail'}, O.el('span', {'aria-hidden': 'true'}, '⊘ '), 'deadlock');
  }
  if (state.unexpanded) return O.el('span', {class: 'badge unknown'}, '? not explored further');
  if (state.choices.length === 0) return O.el('span', {class: 'badge idle'}, 'end');
  return null;
};

E.clauseCard = (id) => {
  const clause = E.clauses.get(id);
  return O.el('div', {class: 'clause-card'}, O.el('strong', null, O.cut(id, 120)),
    clause && O.el('p', null, clause[5]), clause && O.el('p', {class: 'muted'}, clause[2]));
};

E.pathList = (states) => O.el('ol', {class: 'path', start: 0}, states.map((state, i) => {
  const label = i === 0 ? 'Start' : E.states[states[i - 1]].choices[E.path[i - 1]].label;
  return O.el('li', {'aria-current': i === states.length - 1 ? 'step' : null},
    O.el('button', {type: 'button', onclick: () => E.go(E.path.slice(0, i))}, O.longText(label, 200),
      O.el('span', {class: 'muted'}, ` — ${O.stateText(E.states[state].oplocks)}`)), E.mark(E.states[state]));
}));

E.choiceButton = (choice, number) => {
  const target = choice.target === null ? null : E.states[choice.target];
  const loops = target && E.walk(E.path).includes(choice.target);
  return O.el('li', null, O.el('button', {type: 'button', 'data-choice': number,
    class: `choice${choice.target !== null && E.seen.has(choice.target) ? ' seen' : ''}`,
    disabled: target === null, onclick: () => E.go(E.path.concat(number))},
  O.el('span', {class: 'number'}, String(number)), O.longText(choice.label, 300), ' ',
  target && E.mark(target), loops && O.el('span', {class: 'muted'}, ' back to a state of this path'),
  target === null && O.el('span', {class: 'muted'}, ' not in this page')),
  choice.detail && O.el('details', null, O.el('summary', null, 'what happens then'),
    O.el('p', {class: 'state-text'}, O.longText(choice.detail))),
  choice.clauses.length > 0 && O.el('details', null, O.el('summary', null,
    `${O.counted(choice.clauses.length, 'clause')}: ${O.cut(choice.clauses.join(', '), 80)}`),
  choice.clauses.map(E.clauseCard)));
};

E.shortcuts = () => {
  const wanted = (test) => [...E.before.keys()].filter((number) => test(E.states[number]));
  const button = (text, found) => {
    const nearest = found.length > 0 ? found[0] : null;   // in the order of distance
    return O.el('p', null, O.el('button', {type: 'button', disabled: nearest === null,
      onclick: () => E.go(E.shortestPath(nearest))}, text), ' ', O.el('span', {class: 'muted'},
      nearest === null ? 'there is none' : `${O.counted(E.shortestPath(nearest).length, 'choice')}; ` +
        `${O.counted(found.length, 'state')} in all`));
  };
  const states = E.states.length;
  const transitions = E.states.reduce((sum, state) => sum + state.choices.length, 0);
  return [O.el('h2', {id: 'ways'}, 'Ways'),
    button('Shortest path to a violation', wanted((state) => state.violations.length > 0)),
    button('Shortest path to a deadlock', wanted((state) => state.deadlock)),
    button('Shortest path to an end', wanted((state) => state.choices.length === 0 && !state.unexpanded &&
      !state.deadlock)),
    button('Nearest state not looked at', [...E.before.keys()].filter((number) => !E.seen.has(number))),
    O.el('p', {class: 'muted'}, `${O.counted(states, 'state')}, ${O.counted(transitions, 'transition')}; ` +
      `${E.seen.size.toLocaleString('en')} looked at.`),
    E.graph.states_found > states && O.el('p', null, `Only the first ${states.toLocaleString('en')} of ` +
      `${E.graph.states_found.toLocaleString('en')} states are in this page.`),
    E.graph.reproduce && [O.el('h2', null, 'Make it again'), O.command(E.graph.reproduce)],
    O.el('p', {class: 'muted'}, O.el('kbd', null, '0'), '…', O.el('kbd', null, '9'), ' take a choice, ',
      O.el('kbd', null, '↑'), ' ', O.el('kbd', null, '↓'), ' and ', O.el('kbd', null, '→'), ' choose and go, ',
      O.el('kbd', null, '←'), ' back, ', O.el('kbd', null, 'Home'), ' start, ', O.el('kbd', null, 'v'), ' violation.')];
};

E.show = (event) => {
  const {path, wrong} = E.readPath();
  E.path = path;
  const states = E.walk(path);
  const number = states[states.length - 1];
  const state = E.states[number];
  states.forEach((one) => E.seen.add(one));
  E.chosen = 0;
  const main = document.getElementById('main');
  main.replaceChildren();
  const kind = state.violations.length ? 'violation' : state.deadlock ? 'deadlock' : '';
  const title = O.el('h1', {tabindex: '-1'}, path.length === 0 ? 'Start' : `After ${O.counted(path.length, 'choice')}`);
  O.append(main, O.el('p', {class: 'crumbs'}, O.longText(E.graph.title, 200), ' ',
    E.graph.path && O.el('span', {class: 'id'}, O.cut(E.graph.path, 200))), title,
  wrong !== null && O.el('p', {class: 'bad'}, `The link goes on with "${O.cut(wrong, 40)}", which is no choice here.`),
  O.el('div', {class: 'walk'},
    O.el('section', {'aria-labelledby': 'path'}, O.el('h2', {id: 'path'}, 'The path'), E.pathList(states)),
    O.el('section', {'aria-labelledby': 'state'}, O.el('h2', {id: 'state'}, `State ${number} `, E.mark(state)),
      O.el('div', {class: `state-card ${kind}`}, state.violations.map((text) =>
        O.el('p', {class: 'bad'}, O.longText(text))),
      state.deadlock && O.el('p', {class: 'bad'}, 'Nobody can go on, and somebody waits.'),
      O.el('h3', null, 'Oplocks'), O.stateTable(state.oplocks),
      state.text && [O.el('h3', null, 'Who waits'), O.el('p', {class: 'state-text'}, O.longText(state.text, 4000))]),
      O.el('h2', {id: 'choices'}, `What may happen next (${state.choices.length + state.more})`),
      state.choices.length === 0 && O.el('p', {class: 'muted'}, state.unexpanded
        ? 'The exploration hit a limit here.' : 'Nothing.'),
      O.el('ol', {class: 'choices', 'aria-labelledby': 'choices'}, state.choices.map(E.choiceButton)),
      state.more > 0 && O.el('p', {class: 'muted'}, `and ${state.more} more that are not in this page`)),
    O.el('section', {'aria-labelledby': 'ways'}, E.shortcuts())), E.sequence(path));
  document.title = O.visible(`${title.textContent}: ${E.graph.title} · oplocksim explore`);
  if (event) title.focus({preventScroll: true});
  O.say(`${title.textContent}. ${O.stateText(state.oplocks)}. ${O.counted(state.choices.length, 'choice')}.` +
    (kind ? ` ${kind}.` : ''));
};

E.keys = (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest('input, select, textarea')) return;
  if (event.target.closest('.diagram')) return;   // its own keys
  const buttons = [...document.querySelectorAll('.choice')];
  const focus = (number) => {
    E.chosen = Math.min(Math.max(0, number), buttons.length - 1);
    if (buttons[E.chosen]) buttons[E.chosen].focus();
  };
  const focused = buttons.indexOf(document.activeElement);
  const keys = {ArrowDown: () => focus(focused < 0 ? 0 : focused + 1), ArrowUp: () => focus(focused < 0 ? 0 : focused - 1),
    ArrowRight: () => buttons[Math.max(0, focused)] && buttons[Math.max(0, focused)].click(),
    ArrowLeft: () => E.go(E.path.slice(0, -1)), Backspace: () => E.go(E.path.slice(0, -1)), Home: () => E.go([]),
    v: () => {
      const found = [...E.before.keys()].find((number) => E.states[number].violations.length > 0);
      if (found !== undefined) E.go(E.shortestPath(found));
    }};
  const digit = /^[0-9]$/.test(event.key) ? buttons[Number(event.key)] : null;
  if (!digit && !Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  if (digit) digit.click();
  else keys[event.key]();
};

E.start = () => {
  E.load();
  O.frame('explore', null, O.el('ul', null, O.el('li', null, O.el('a', {href: '#/'}, 'Start'))));
  addEventListener('hashchange', E.show);
  addEventListener('keydown', E.keys);
  E.show();
};
document.addEventListener('DOMContentLoaded', E.start);
