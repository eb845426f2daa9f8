// The report of a session: lists, matrices, heat map, and one page a case and a clause.
'use strict';

const R = {pageSize: 100, symbols: ['✓', '✗', '○', '?', '–', '≈', '!', '⚠'],
  classes: ['pass', 'fail', 'idle', 'unknown', 'skipped', 'expected', 'unexpected', 'environment'],
  // What wants to be looked at first.
  order: [1, 6, 7, 3, 5, 2, 0, 4], obligations: ['must', 'should', 'may'],
  kinds: {scenario: 'Scenarios', break: 'Break table', grant: 'Grant table',
    acknowledge: 'Acknowledge table', finding: 'Findings', explored: 'Explored', trace: 'Traces',
    rule: 'Rules', file: 'Files'}};

R.load = () => {
  R.head = O.parse(O.data('head')[0]) || {verdicts: [], clauses: [], switches: [], given: [],
    selection: []};
  R.end = O.data('end').map(O.parse)[0] || null;
  R.details = O.data('details');
  R.clauses = new Map(R.head.clauses.map(([id, source, places, obligation, applies, text, uncovered]) =>
    [id, {id, source, places, obligation, applies, text, uncovered, cases: []}]));
  Object.assign(R, R.readCases(O.data('rows').map(O.parse)));
  R.listed = {cases: R.cases, what: ''};
  for (const one of R.cases) {
    for (const id of one.clauses) if (R.clauses.has(id)) R.clauses.get(id).cases.push(one);
  }
};

// The cases of a report, whichever it is; a group is null where the file was cut off.
R.readCases = (groups) => {
  const read = {cases: [], byKey: new Map()};
  for (const group of groups) if (group !== null) group.rows.forEach((row) => R.addCase(read, group, row));
  return read;
};

R.addCase = (to, group, row) => {
  const name = group.id + (row.n ? ` ${row.n}` : '');
  const short = name.replace(/^(corpus|break|grant|acknowledge|campaign|rules)\//, '');
  let key = short;
  for (let i = 2; to.byKey.has(`${group.kind}/${key}`); ++i) key = `${short} #${i}`;
  const cell = row.t ? {table: row.t[0], state: row.t[1], subject: row.t[2], condition: row.t[3],
    expected: row.t[4]} : null;
  const one = {kind: group.kind, group: group.id, key, name, variant: row.n || '',
    title: group.title || (cell ? `${cell.subject} meets ${cell.state}: ${cell.expected}` : name),
    about: group.about || '', path: group.path || '', verdict: row.v, obligation: row.o,
    clauses: row.c || [], message: row.m || '', reason: row.why || '', link: row.link || '',
    reproduce: row.r || '', detail: row.d || null, cell};
  one.search = `${one.name} ${one.title} ${one.clauses.join(' ')} ${one.message}`.toLowerCase();
  to.cases.push(one);
  to.byKey.set(`${group.kind}/${key}`, one);
};

R.caseLink = (one, query) => O.link([one.kind, one.key], query);

R.badge = (verdict, count) => O.el('span', {class: `badge ${R.classes[verdict]}`},
  O.el('span', {'aria-hidden': 'true'}, R.symbols[verdict]), ' ', R.head.verdicts[verdict],
  count === undefined ? null : ` ${count.toLocaleString('en')}`);
R.obligation = (text) => O.el('span', {class: `obligation ${text}`}, text);

R.clauseCard = (id) => {
  const clause = R.clauses.get(id);
  if (!clause) {
    return O.el('div', {class: 'clause-card'}, O.el('strong', null, O.cut(id, 120)),
      O.el('p', {class: 'muted'}, 'The catalogue does not have this clause.'));
  }
  return O.el('div', {class: 'clause-card'},
    O.el('a', {href: O.link(['clause', id])}, O.el('strong', null, id)), ' ',
    R.obligation(clause.obligation), O.el('p', null, clause.text),
    O.el('p', {class: 'muted'}, clause.places));
};

R.counts = (cases) => {
  const counts = new Array(R.head.verdicts.length).fill(0);
  for (const one of cases) ++counts[one.verdict];
  return counts;
};
// What decides how a set of cases looks: the verdict that wants to be looked at first.
R.worst = (counts) => R.order.find((verdict) => counts[verdict] > 0);
R.plainFailures = (counts) => counts[1] + counts[3] + counts[6] + counts[7];

// ---------------------------------------------------------------- filters

R.textFilter = (query, label) => O.el('label', null, label,
  O.el('input', {type: 'search', name: 'q', value: query.q || '', autocomplete: 'off',
    spellcheck: 'false'}));
R.choice = (name, label, value, choices) => O.el('label', null, label,
  O.el('select', {name}, choices.map(([key, text]) =>
    O.el('option', {value: key, selected: key === (value || '')}, text))));
R.verdictChoice = (query, cases) => {
  const counts = R.counts(cases);
  return R.choice('verdict', 'Verdict', query.verdict, [['', 'all'], ['bad', 'not as it must be']]
    .concat(R.order.filter((verdict) => counts[verdict] > 0).map((verdict) =>
      [R.classes[verdict], `${R.head.verdicts[verdict]} (${counts[verdict].toLocaleString('en')})`])));
};
R.obligationChoice = (query) => R.choice('level', 'Obligation', query.level,
  [['', 'all'], ['must', 'must'], ['should', 'should'], ['may', 'may']]);
R.verdictMatches = (wanted, verdict) => !wanted || R.classes[verdict] === wanted ||
  (wanted === 'bad' && [1, 3, 6, 7].includes(verdict));

// A form whose fields are the query of the address; `show` is called when one changes.
R.filterForm = (path, fields, show) => {
  const form = O.el('form', {class: 'filters', role: 'search', onsubmit: (event) =>
    event.preventDefault()}, fields);
  const read = () => {
    const query = {};
    for (const field of form.elements) if (field.name && field.value) query[field.name] = field.value;
    return query;
  };
  let timer = 0;
  const change = () => {
    const query = read();
    O.replaceHash(O.link(path, query));
    show(query);
  };
  form.addEventListener('input', (event) => {
    clearTimeout(timer);
    if (event.target.type === 'search') timer = setTimeout(change, 60);
    else change();
  });
  return form;
};
R.words = (text) => (text || '').toLowerCase().split(/\s+/).filter(Boolean);

// ---------------------------------------------------------------- overview

R.verdictLine = () => {
  const bad = R.cases.filter((one) => R.verdictMatches('bad', one.verdict)).length;
  if (R.end === null) return {class: 'fail', text: 'incomplete: the report was cut off'};
  if (R.end.interrupted) return {class: 'unknown', text: 'interrupted: not everything was run'};
  if (R.end.conforms) return {class: 'pass', text: bad ? `conforms, with ${bad} below the gate` : 'conforms'};
  return {class: 'fail', text: 'does not conform'};
};

R.overview = (main) => {
  const verdict = R.verdictLine();
  const counts = R.counts(R.cases);
  const kinds = Object.keys(R.kinds).filter((kind) => R.cases.some((one) => one.kind === kind));
  const cards = R.order.filter((v) => counts[v] > 0).map((v) => O.el('li', null, O.el('a',
    {class: `card ${R.classes[v]}`, href: O.link(['cases'], {verdict: R.classes[v]})},
    O.el('strong', null, counts[v].toLocaleString('en')), ' ',
    O.el('span', {'aria-hidden': 'true'}, R.symbols[v]), ' ', R.head.verdicts[v])));
  const shown = R.order.filter((v) => counts[v] > 0);
  const table = O.el('table', null, O.el('caption', null, 'What was judged'),
    O.el('thead', null, O.el('tr', null, O.el('td'), shown.map((v) => O.el('th', {scope: 'col',
      class: 'number'}, R.head.verdicts[v])))),
    O.el('tbody', null, kinds.map((kind) => {
      const of = R.counts(R.cases.filter((one) => one.kind === kind));
      return O.el('tr', null, O.el('th', {scope: 'row'},
        O.el('a', {href: O.link(['cases'], {kind})}, R.kinds[kind])),
      shown.map((v) => O.el('td', {class: 'number'}, of[v] === 0 ? O.el('span', {class: 'muted'}, '0')
        : O.el('a', {href: O.link(['cases'], {kind, verdict: R.classes[v]})},
          of[v].toLocaleString('en')))));
    })));
  O.append(main, O.el('h1', {tabindex: '-1'}, `oplocksim ${R.head.verb}: ${verdict.text}`),
    O.el('p', {class: 'muted'}, `oplocksim ${R.head.version}, profile ${R.head.profile}` +
      (R.head.gate ? `, gate ${R.head.gate}` : '') + `, ${O.counted(R.cases.length, 'case')}` +
      (R.head.selection.length ? `, only ${R.head.selection.join(', ')}` : '') +
      R.head.given.map(([name, value]) => `, ${name}=${value}`).join('')),
    O.el('ul', {class: 'cards'}, cards), R.failures(), table, R.documents(), R.notes());
};

// The clauses of each document with the worst verdict of what stands for them.
R.documents = () => {
  const bySource = new Map();
  for (const clause of R.clauses.values()) {
    const worst = R.worst(R.counts(clause.cases));
    const counts = bySource.get(clause.source) || new Array(R.head.verdicts.length + 1).fill(0);
    ++counts[worst === undefined ? R.head.verdicts.length : worst];
    bySource.set(clause.source, counts);
  }
  const none = R.head.verdicts.length;
  const shown = R.order.concat(none).filter((v) => [...bySource.values()].some((counts) => counts[v] > 0));
  const cell = (source, counts, v) => O.el('td', {class: `number${v === none ? '' : ` tint ${R.classes[v]}`}`},
    counts[v] === 0 ? O.el('span', {class: 'muted'}, '0') : v === none ? counts[v].toLocaleString('en')
      : O.el('a', {href: O.link(['clauses'], {source, verdict: R.classes[v]})}, counts[v].toLocaleString('en')));
  return O.el('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'The specification'},
    O.el('table', {class: 'documents'}, O.el('caption', null, 'The specification: clauses of each document, by verdict'),
      O.el('thead', null, O.el('tr', null, O.el('td'), shown.map((v) => O.el('th', {scope: 'col', class: 'number'},
        v === none ? 'no case here' : R.head.verdicts[v])))),
      O.el('tbody', null, [...bySource].map(([source, counts]) => O.el('tr', null, O.el('th', {scope: 'row'},
        O.el('a', {href: O.link(['clauses'], {source})}, source)), shown.map((v) => cell(source, counts, v)))))));
};

R.failures = () => {
  const limit = 25;
  const bad = R.order.flatMap((v) => ([1, 3, 6, 7].includes(v)
    ? R.cases.filter((one) => one.verdict === v) : []));
  const stale = R.end ? R.end.stale : [];
  if (bad.length === 0 && stale.length === 0) return null;
  return O.el('section', {'aria-labelledby': 'what-fails'}, O.el('h2', {id: 'what-fails'}, 'What fails'),
    O.el('ul', {class: 'failures'}, bad.slice(0, limit).map((one) => O.el('li', null,
      R.badge(one.verdict), ' ', R.obligation(R.obligations[one.obligation]), ' ',
      O.el('a', {href: R.caseLink(one)}, O.cut(one.title, 160)),
      O.el('div', {class: 'muted id'}, O.cut(one.name, 200)),
      O.el('div', {class: 'message'}, O.longText(one.message, 300)),
      one.clauses.slice(0, 3).map((id) => O.el('div', null, R.clauseLink(id), ' ',
        O.el('span', {class: 'muted'}, R.clauses.has(id) ? R.clauses.get(id).text : '')))))),
    bad.length > limit && O.el('p', null, O.el('a', {href: O.link(['cases'], {verdict: 'bad'})},
      `all ${bad.length.toLocaleString('en')}`)),
    stale.map((id) => O.el('p', null, `The list of known failures names no case: ${id}`)));
};
R.clauseLink = (id) => O.el('a', {class: 'clause', href: O.link(['clause', id])}, O.cut(id, 80));

R.notes = () => {
  const notes = [];
  if (R.end === null) {
    notes.push('The program ended before this report was whole: what stands here is what was ' +
      'found until then.');
  } else {
    if (R.end.passing_left_out > 0) {
      notes.push(`To keep this file small, the steps and pictures of ` +
        `${O.counted(R.end.passing_left_out, 'case')} that passed are not in it; their verdicts are. ` +
        'The command line of such a case, with --report html=PATH, shows them.');
    }
    if (R.end.failures_left_out > 0) {
      notes.push(`For ${O.counted(R.end.failures_left_out, 'case')} that failed there was no room either.`);
    }
  }
  if (R.end && R.end.facts) notes.unshift(...R.end.facts);
  return O.el('section', {'aria-labelledby': 'about'}, O.el('h2', {id: 'about'}, 'About this report'),
    notes.map((text) => O.el('p', null, text)),
    O.el('p', null, 'Keys: ', O.el('kbd', null, '/'), ' search, ', O.el('kbd', null, '↑'), ' ',
      O.el('kbd', null, '↓'), ' walk through a diagram, ', O.el('kbd', null, 'n'), ' ',
      O.el('kbd', null, 'p'), ' next and previous case, ', O.el('kbd', null, 'f'), ' next failure.'),
    R.head.switches.length > 0 && O.el('details', null, O.el('summary', null, `Switches of profile ${R.head.profile}`),
      O.el('table', null, O.el('thead', null, O.el('tr', null, O.el('th', {scope: 'col'}, 'Switch'),
        O.el('th', {scope: 'col'}, 'Value'))), O.el('tbody', null, R.head.switches.map(([name, value]) =>
        O.el('tr', null, O.el('th', {scope: 'row'}, name), O.el('td', null, value)))))));
};

// ---------------------------------------------------------------- cases

R.filtered = (query) => {
  const words = R.words(query.q);
  return R.cases.filter((one) => R.verdictMatches(query.verdict, one.verdict) &&
    (!query.kind || one.kind === query.kind) &&
    (!query.level || R.obligations[one.obligation] === query.level) &&
    words.every((word) => one.search.includes(word)));
};

R.caseTable = (cases, caption) => O.el('div', {class: 'scroll', tabindex: '0', role: 'region',
  'aria-label': caption}, O.el('table', {class: 'cases'}, O.el('caption', null, caption),
  O.el('thead', null, O.el('tr', null, ['Verdict', 'Case', 'Obligation', 'Clauses'].map((head) =>
    O.el('th', {scope: 'col'}, head)))),
  O.el('tbody', null, cases.map((one) => O.el('tr', null, O.el('td', null, R.badge(one.verdict)),
    O.el('td', {class: 'case'}, O.el('a', {href: R.caseLink(one)}, O.cut(one.title, 160)),
      O.el('div', {class: 'muted id'}, O.cut(one.name, 200)),
      one.message && O.el('div', {class: 'message'}, O.cut(one.message, 240))),
    O.el('td', null, R.obligation(R.obligations[one.obligation])),
    O.el('td', null, one.clauses.slice(0, 3).map((id) => [R.clauseLink(id), ' ']),
      one.clauses.length > 3 && O.el('span', {class: 'muted'}, `and ${one.clauses.length - 3} more`)))))));

R.casesPage = (main, query) => {
  const results = O.el('div');
  const kinds = Object.entries(R.kinds).filter(([kind]) => R.cases.some((one) => one.kind === kind));
  const form = R.filterForm(['cases'], [R.textFilter(query, 'Search'),
    R.verdictChoice(query, R.cases), R.choice('kind', 'Kind', query.kind, [['', 'all']].concat(kinds)),
    R.obligationChoice(query)], (changed) => show(changed, 1));
  const show = (filter, page) => {
    const found = R.filtered(filter);
    R.listed = {cases: found, what: found.length < R.cases.length ? ' of those listed' : ''};
    const pages = Math.max(1, Math.ceil(found.length / R.pageSize));
    const at = Math.min(Math.max(1, page), pages);
    const first = (at - 1) * R.pageSize;
    const turn = (to, text) => O.el('button', {type: 'button', disabled: to < 1 || to > pages,
      onclick: () => {
        O.replaceHash(O.link(['cases'], {...filter, page: to > 1 ? to : ''}));
        show(filter, to);
        results.querySelector('table').scrollIntoView({block: 'nearest'});
      }}, text);
    const caption = `${O.counted(found.length, 'case')}` +
      (pages > 1 ? `, ${first + 1} to ${Math.min(first + R.pageSize, found.length)}` : '');
    results.replaceChildren(R.caseTable(found.slice(first, first + R.pageSize), caption),
      ...(pages > 1 ? [O.el('nav', {class: 'pages', 'aria-label': 'Pages of the list'},
        turn(at - 1, '◀ Previous page'), O.el('span', null, ` page ${at} of ${pages} `),
        turn(at + 1, 'Next page ▶'))] : []));
    O.say(caption);
  };
  O.append(main, O.el('h1', {tabindex: '-1'}, 'Cases'), form, results);
  show(query, Number(query.page) || 1);
};

// ---------------------------------------------------------------- one case

R.readDetail = (one) => {
  if (one.detail === null) return null;
  const group = O.parse(R.details[one.detail[0] - 1]);
  const raw = group && group.runs[one.detail[1]];
  if (!raw) return null;
  const text = (number) => (number === undefined ? '' : group.texts[number]);
  const violations = (raw.violations || []).map(([advice, rule, clause, expected, observed, waits, where]) =>
    ({advice: advice === 1, rule: text(rule), clause: text(clause), expected: text(expected),
      observed: text(observed), waits: text(waits), where: text(where)}));
  return {sources: group.sources, violations, facts: (raw.facts || []).map(text), pictures: raw.pictures.map((p) => O.resolvePicture(p, group.texts)),
    steps: raw.steps.map((step) => ({number: step.n, line: step.l, path: text(step.p), text: text(step.t),
      happened: (step.h || []).map(text), clauses: (step.c || []).map(text), failed: step.f === 1,
      skipped: step.s === 1, checks: (step.k || []).map(([passed, subject, expected, observed, line,
        path]) => ({passed: passed === 1, subject: text(subject), expected: text(expected),
        observed: text(observed), line, path: text(path)}))}))};
};

// What a rule objects to: what was seen, what had to be, who waits for whom, and the clause.
R.violation = (violation) => O.el('div', {class: 'violation'},
  O.comparison([violation.advice && 'Advice: ', violation.rule, violation.where && ` (${violation.where})`],
    violation.expected, violation.observed),
  violation.waits && O.el('p', null, O.el('strong', null, 'Who waits: '), O.longText(violation.waits)),
  violation.clause && R.clauseCard(violation.clause));

R.whatWentWrong = (one, detail) => {
  if (!one.message && !one.reason) return null;
  if (detail && detail.violations.length > 0) {
    const limit = 20;
    return O.el('section', {class: `verdict-box ${R.classes[one.verdict]}`, 'aria-labelledby': 'wrong'},
      O.el('h2', {id: 'wrong'}, one.verdict === 0 ? 'Advice' : 'What went wrong'),
      detail.violations.slice(0, limit).map(R.violation),
      detail.violations.length > limit && O.el('p', null,
        `and ${(detail.violations.length - limit).toLocaleString('en')} more; the command below lists them all`));
  }
  const failed = detail ? detail.steps.filter((step) => step.failed) : [];
  const clauses = [...new Set(failed.flatMap((step) => step.clauses).concat(one.clauses))];
  const bad = R.verdictMatches('bad', one.verdict) || one.verdict === 5;
  return O.el('section', {class: `verdict-box ${R.classes[one.verdict]}`, 'aria-labelledby': 'wrong'},
    O.el('h2', {id: 'wrong'}, bad ? 'What went wrong' : 'Why'),
    failed.every((step) => step.checks.every((check) => check.passed)) &&
      O.el('p', {class: 'message'}, O.longText(one.message)),
    one.reason && O.el('p', null, `Known: ${one.reason}`),
    one.link && O.el('p', null, 'See ', O.el('span', {class: 'id'}, one.link)),
    failed.map((step) => O.el('div', null,
      O.el('p', null, `Step ${step.number}, line ${step.line}: `, O.el('code', null, O.longText(step.text, 400))),
      step.checks.filter((check) => !check.passed).map((check) =>
        O.comparison(check.subject, check.expected, check.observed)))),
    bad && clauses.length > 0 && O.el('h3', null, 'The specification'),
    bad && clauses.slice(0, 6).map(R.clauseCard));
};

R.stepList = (steps) => O.el('ol', {class: 'steps'}, steps.map((step) => O.el('li',
  {class: step.failed ? 'failed' : step.skipped ? 'skipped' : null, value: step.number},
  O.el('div', null, O.el('code', null, O.longText(step.text, 400)),
    step.failed && O.el('strong', {class: 'bad'}, ' ✗ failed'),
    step.skipped && O.el('span', {class: 'muted'}, ' not carried out')),
  step.happened.length > 0 && O.el('ul', null, step.happened.map((line) =>
    O.el('li', null, O.longText(line, 600)))),
  step.checks.filter((check) => !check.passed).map((check) =>
    O.comparison(check.subject, check.expected, check.observed)))));

// The scenario as it is written: failing lines marked, the lines of the current step lit.
R.sourceView = (detail) => {
  const marks = new Map();
  for (const step of detail.steps) {
    for (const check of step.checks) {
      if (!check.passed) marks.set(`${check.path || step.path}:${check.line || step.line}`, check);
    }
    if (step.failed && step.checks.every((check) => check.passed)) {
      marks.set(`${step.path}:${step.line}`, {expected: '', observed: step.text});
    }
  }
  const views = detail.sources.map(([path, text], number) => {
    const lines = text.replace(/\n$/, '').split('\n').map((line, i) => {
      const mark = marks.get(`${number === 0 ? '' : path}:${i + 1}`) || marks.get(`${path}:${i + 1}`);
      return O.el('li', {class: mark ? 'failed' : null, 'data-line': `${number}:${i + 1}`},
        O.el('code', null, line === '' ? ' ' : O.cut(line, 2000)),
        mark && O.el('span', {class: 'line-mark'}, '✗ ', mark.expected
          ? `expected: ${O.cut(mark.expected, 160)}; observed: ${O.cut(mark.observed, 160)}` : 'failed here'));
    });
    return [O.el('h3', {class: 'id'}, O.cut(path, 300)), O.el('ol', {class: 'source'}, lines)];
  });
  return O.el('section', {'aria-labelledby': 'source'}, O.el('h2', {id: 'source'}, 'The scenario'), views);
};
R.lightLines = (section, detail, number) => {
  if (!section) return;
  for (const line of section.querySelectorAll('.now')) line.classList.remove('now');
  const step = detail.steps.find((one) => one.number === number);
  if (!step || step.path) return;
  const next = detail.steps.find((one) => one.number > number && !one.path);
  const end = next && next.line > step.line ? next.line : step.line + 1;
  for (let line = step.line; line < end; ++line) {
    const element = section.querySelector(`[data-line="0:${line}"]`);
    if (element) element.classList.add('now');
  }
};

R.diagrams = (one, detail, query, source) => {
  const pictures = detail.pictures;
  if (pictures.length === 0) return null;
  const failing = (picture) => picture.rows.findIndex((row) => row.x.some((remark) => !remark.advice));
  return O.el('section', {'aria-labelledby': 'sequence'}, O.el('h2', {id: 'sequence'}, 'The sequence'),
    pictures.map((picture, i) => {
      const mine = Number(query.run || 1) === i + 1;
      const asked = mine && query.at ? Number(query.at) - 1 : Math.max(0, failing(picture));
      return [picture.label && O.el('h3', null, picture.label.replace(/^./, (c) => c.toUpperCase())),
        O.diagram(picture, {at: asked, clause: R.clauseCard, onmove: (row, shown) => {
          O.replaceHash(R.caseLink(one, {at: row + 1, run: i > 0 ? i + 1 : ''}));
          R.lightLines(source, detail, shown.n);
        }})];
    }));
};

R.findingsOf = (explored) => {
  const found = R.cases.filter((one) => one.kind === 'finding' && one.path === explored.path);
  return found.length === 0 ? null : O.el('section', {'aria-labelledby': 'findings'},
    O.el('h2', {id: 'findings'}, 'Its findings, each shrunk and drawn'),
    O.el('ul', null, found.map((one) => O.el('li', null, O.el('a', {href: R.caseLink(one)}, O.cut(one.title, 200))))));
};

// The neighbours of a case: in the list that the reader comes from, if it has the case.
R.neighbours = (one) => {
  const list = R.listed.cases.includes(one) ? R.listed : {cases: R.cases, what: ''};
  const at = list.cases.indexOf(one);
  const bad = (other) => R.verdictMatches('bad', other.verdict);
  return {at, what: list.what, count: list.cases.length, previous: list.cases[at - 1], next: list.cases[at + 1],
    failure: list.cases.slice(at + 1).find(bad) || R.cases.find((other) => other !== one && bad(other))};
};
R.caseNavigation = (one) => {
  const near = R.neighbours(one);
  const link = (to, text, key) => (to ? O.el('a', {href: R.caseLink(to), 'aria-keyshortcuts': key}, text)
    : O.el('span', {class: 'muted'}, text));
  return O.el('nav', {class: 'neighbours', 'aria-label': 'Cases'}, link(near.previous, '◀ previous', 'p'),
    O.el('span', {class: 'muted'}, `${(near.at + 1).toLocaleString('en')} of ${near.count.toLocaleString('en')}` +
      `${near.what}`), link(near.next, 'next ▶', 'n'), near.failure && link(near.failure, 'next failure', 'f'));
};

R.casePage = (main, one, query) => {
  const detail = R.readDetail(one);
  R.current = one;
  const source = detail && detail.sources.length > 0 ? R.sourceView(detail) : null;
  const wrong = R.whatWentWrong(one, detail);
  O.append(main, R.caseNavigation(one), O.el('p', {class: 'crumbs'}, O.el('a', {href: O.link(['cases'], {kind: one.kind})},
    R.kinds[one.kind] || one.kind), ' › ', O.el('span', {class: 'id'}, O.longText(one.name, 300))),
  O.el('h1', {tabindex: '-1'}, O.longText(one.title, 300)),
  O.el('p', null, R.badge(one.verdict), ' ', R.obligation(R.obligations[one.obligation]), ' ',
    one.variant && O.el('span', {class: 'id'}, O.cut(one.variant, 300))),
  one.about && O.el('p', {class: 'about'}, O.longText(one.about)),
  detail && detail.facts.length > 0 && O.el('ul', {class: 'facts-list'}, detail.facts.map((fact) =>
    O.el('li', null, O.longText(fact, 400)))), wrong,
  one.cell && O.el('p', null, `The table says: ${one.cell.expected || 'nothing'}.`,
    ' ', O.el('a', {href: O.link(['tables', one.cell.table], {state: one.cell.state})}, 'Show it in the table')),
  one.reproduce && O.el('section', {'aria-labelledby': 'again'}, O.el('h2', {id: 'again'}, 'Run it again'),
    O.command(one.reproduce)),
  detail && R.diagrams(one, detail, query, source),
  one.kind === 'explored' && R.findingsOf(one),
  !detail && one.verdict !== 4 && O.el('p', {class: 'muted'},
    'The steps and the picture of this case are not in the file, to keep it small' +
      (one.reproduce ? '; the command line above, with --report html=PATH, shows them.' : '.')));
  if (detail && detail.steps.length > 0) {
    O.append(main, O.el('section', {'aria-labelledby': 'steps'}, O.el('h2', {id: 'steps'}, 'The steps'),
      R.stepList(detail.steps)));
  }
  if (!wrong || !R.verdictMatches('bad', one.verdict)) {
    O.append(main, O.el('section', {'aria-labelledby': 'clauses'}, O.el('h2', {id: 'clauses'}, 'Clauses'),
      one.clauses.length ? one.clauses.map(R.clauseCard) : O.el('p', {class: 'muted'}, 'It names none.')));
  }
  if (source) O.append(main, source);
};

// ---------------------------------------------------------------- clauses

R.clausesPage = (main, query) => {
  const kinds = Object.keys(R.kinds).filter((kind) => R.cases.some((one) => one.kind === kind));
  const all = [...R.clauses.values()].map((clause) => {
    const counts = R.counts(clause.cases);
    const worst = R.worst(counts);
    return {clause, counts, verdict: worst === undefined ? 2 : worst,
      search: `${clause.id} ${clause.text} ${clause.places}`.toLowerCase()};
  });
  const results = O.el('div');
  const form = R.filterForm(['clauses'], [R.textFilter(query, 'Search'),
    R.verdictChoice(query, all), R.obligationChoice(query),
    R.choice('source', 'Document', query.source, [['', 'all']].concat([...new Set(all.map((one) =>
      one.clause.source))].map((source) => [source, source])))], (changed) => show(changed));
  const cell = (entry, kind) => {
    const of = R.counts(entry.clause.cases.filter((one) => one.kind === kind));
    const worst = R.worst(of);
    if (worst === undefined) return O.el('td', {class: 'number muted'}, O.el('span', {'aria-label': 'none'}, '·'));
    const failures = R.plainFailures(of);
    const total = of.reduce((sum, count) => sum + count, 0);
    return O.el('td', {class: `number tint ${R.classes[worst]}`},
      O.el('span', {'aria-hidden': 'true'}, R.symbols[worst]), ' ',
      failures ? `${failures}/${total}` : String(total),
      O.el('span', {class: 'offscreen'}, ` ${R.head.verdicts[worst]}`));
  };
  const row = (entry) => O.el('tr', null, O.el('th', {scope: 'row'}, R.clauseLink(entry.clause.id),
    O.el('div', {class: 'clause-text'}, entry.clause.text)),
  O.el('td', null, R.obligation(entry.clause.obligation)), O.el('td', null, R.badge(entry.verdict)),
  kinds.map((kind) => cell(entry, kind)));
  const show = (filter) => {
    const words = R.words(filter.q);
    const found = all.filter((entry) => R.verdictMatches(filter.verdict, entry.verdict) &&
      (!filter.level || entry.clause.obligation === filter.level) &&
      (!filter.source || entry.clause.source === filter.source) &&
      words.every((word) => entry.search.includes(word)));
    const bySource = new Map();
    for (const entry of found) {
      if (!bySource.has(entry.clause.source)) bySource.set(entry.clause.source, []);
      bySource.get(entry.clause.source).push(entry);
    }
    const columns = 3 + kinds.length;
    results.replaceChildren(O.el('div', {class: 'scroll', tabindex: '0', role: 'region',
      'aria-label': 'Matrix of clauses'}, O.el('table', {class: 'matrix clauses'},
      O.el('caption', null, `${O.counted(found.length, 'clause')} of ${all.length}; ` +
        'in each column, the number of cases that stand for it'),
      O.el('thead', null, O.el('tr', null, ['Clause', 'Obligation', 'Verdict'].concat(kinds.map((kind) =>
        R.kinds[kind])).map((head) => O.el('th', {scope: 'col'}, head)))),
      [...bySource].map(([source, entries]) => O.el('tbody', null, O.el('tr', {class: 'group'},
        O.el('th', {scope: 'rowgroup', colspan: columns}, source, O.el('span', {class: 'muted'},
          ` ${O.counted(entries.length, 'clause')}`))), entries.map(row))))));
    O.say(`${O.counted(found.length, 'clause')}`);
  };
  O.append(main, O.el('h1', {tabindex: '-1'}, 'Clauses'), form, results);
  show(query);
};

R.clausePage = (main, id) => {
  const clause = R.clauses.get(id);
  if (!clause) return R.notFound(main, `There is no clause ${id} in the catalogue.`);
  const counts = R.counts(clause.cases);
  O.append(main, O.el('p', {class: 'crumbs'}, O.el('a', {href: O.link(['clauses'])}, 'Clauses'), ' › ', clause.source),
    O.el('h1', {tabindex: '-1'}, clause.id),
    O.el('p', {class: 'lead'}, clause.text),
    O.el('dl', {class: 'facts'}, [['Obligation', R.obligation(clause.obligation)], ['Source', clause.places],
      ['Applies to', clause.applies], ['Cases', R.order.filter((v) => counts[v] > 0).map((v) =>
        [R.badge(v, counts[v]), ' '])]].map(([name, value]) => O.el('div', null, O.el('dt', null, name),
      O.el('dd', null, value)))));
  if (clause.cases.length > 0) {
    const sorted = [...clause.cases].sort((a, b) => R.order.indexOf(a.verdict) - R.order.indexOf(b.verdict));
    O.append(main, R.caseTable(sorted.slice(0, 500), O.counted(clause.cases.length, 'case')),
      sorted.length > 500 ? O.el('p', null, O.el('a', {href: O.link(['cases'], {q: id})}, 'all of them')) : '');
  } else {
    O.append(main, O.el('p', null, clause.uncovered ? `No case can show it: ${clause.uncovered}`
      : 'No case of this run stands for it.'));
  }
};

R.notFound = (main, text) => O.append(main, O.el('h1', {tabindex: '-1'}, 'Not found'), O.el('p', null, text),
  O.el('p', null, O.el('a', {href: '#/'}, 'To the overview')));

// ---------------------------------------------------------------- decision tables

R.tables = ['break', 'grant', 'acknowledge'];
R.tablePage = (main, table, query) => {
  const cases = R.cases.filter((one) => one.cell && one.cell.table === table);
  const states = [...new Set(cases.map((one) => one.cell.state))];
  const conditions = [...new Set(cases.map((one) => one.cell.condition))].sort();
  const standard = conditions.includes('other-key') && table === 'break' ? 'other-key' : '*';
  const named = (condition) => condition || '-';   // an empty field is left out of the address
  const results = O.el('div');
  const wanted = {condition: standard, ...query};
  const form = R.filterForm(['tables', table], [R.textFilter(wanted, 'Search'),
    R.choice('condition', 'Key relation, condition', wanted.condition, [['*', 'all together']].concat(
      conditions.map((one) => [named(one), one.replaceAll('/', ', ') || 'no condition']))),
    R.verdictChoice(wanted, cases), R.obligationChoice(wanted)], (changed) => show(changed));
  const cell = (list, state) => {
    if (!list) return O.el('td', {class: 'none'}, O.el('span', {class: 'offscreen'}, 'not in the table'));
    const worst = R.worst(R.counts(list));
    const outcomes = [...new Set(list.map((one) => one.cell.expected || '—'))];
    const inner = list.length === 1
      ? O.el('a', {href: R.caseLink(list[0])}, outcomes[0])
      : O.el('details', {class: 'cell'}, O.el('summary', null, outcomes.length === 1 ? outcomes[0]
        : `${outcomes.length} outcomes`), O.el('ul', null, list.map((one) => O.el('li', null,
        O.el('a', {href: R.caseLink(one)}, [one.cell.condition, one.variant].filter(Boolean).join(' ') || one.name),
        `: ${one.cell.expected || '—'} `, worst !== one.verdict || worst !== 0 ? R.badge(one.verdict) : null))));
    return O.el('td', {class: `tint ${R.classes[worst]}${/^unaffected|^granted/.test(outcomes[0]) ? ' calm' : ''}` +
      (state === query.state ? ' marked' : '')},
    O.el('span', {'aria-hidden': 'true', class: 'sign'}, R.symbols[worst]), ' ', inner,
    O.el('span', {class: 'offscreen'}, ` ${R.head.verdicts[worst]}`));
  };
  const show = (filter) => {
    const condition = filter.condition || standard;
    const words = R.words(filter.q);
    const found = cases.filter((one) => (condition === '*' || named(one.cell.condition) === condition) &&
      R.verdictMatches(filter.verdict, one.verdict) &&
      (!filter.level || R.obligations[one.obligation] === filter.level) &&
      words.every((word) => one.search.includes(word)));
    const bySubject = new Map();
    for (const one of found) {
      const row = bySubject.get(one.cell.subject) || new Map();
      bySubject.set(one.cell.subject, row);
      row.set(one.cell.state, (row.get(one.cell.state) || []).concat(one));
    }
    const columns = states.filter((state) => found.some((one) => one.cell.state === state));
    results.replaceChildren(O.el('div', {class: 'scroll tall', tabindex: '0', role: 'region',
      'aria-label': `Decision table ${table}`}, O.el('table', {class: 'matrix decision'},
      O.el('caption', null, `${O.counted(found.length, 'case')}; columns: what is held; rows: ` +
        {break: 'the operation', grant: 'what is requested', acknowledge: 'the acknowledgment'}[table]),
      O.el('thead', null, O.el('tr', null, O.el('td'), columns.map((state) =>
        O.el('th', {scope: 'col'}, state)))),
      O.el('tbody', null, [...bySubject].map(([subject, row]) => O.el('tr', null,
        O.el('th', {scope: 'row'}, subject), columns.map((state) => cell(row.get(state), state))))))));
    O.say(O.counted(found.length, 'case'));
  };
  O.append(main, O.el('h1', {tabindex: '-1'}, `Decision table: ${table}`),
    O.el('p', null, R.tables.filter((one) => R.cases.some((c) => c.kind === one)).map((one) => [O.el('a', {class: 'tab',
      href: O.link(['tables', one]), 'aria-current': one === table ? 'page' : null}, R.kinds[one]), ' '])), form, results);
  show(wanted);
};

// ---------------------------------------------------------------- coverage

R.relations = [['other', 'other key'], ['same', 'same key'], ['own', 'own handle'], ['all', 'all together']];
R.coveragePage = (main, query) => {
  const coverage = R.end && R.end.coverage;
  if (!coverage) return R.notFound(main, 'This report was cut off before its coverage was written.');
  const results = O.el('div');
  const form = R.filterForm(['coverage'], [R.choice('key', 'Key relation', query.key, R.relations.map(
    ([name, text]) => [name === 'other' ? '' : name, text]))], (changed) => show(changed));
  const table = new Map();
  const states = [...new Set(coverage.states.concat(coverage.rows.map((row) => row[0])))];
  for (const [state, operation, own, same, other] of coverage.rows) {
    table.set(`${operation}\n${state}`, {own, same, other, all: own + same + other});
  }
  const show = (filter) => {
    const key = filter.key || 'other';
    const most = Math.max(1, ...[...table.values()].map((counts) => counts[key]));
    let empty = 0;
    const cell = (operation, state) => {
      const counts = table.get(`${operation}\n${state}`) || {own: 0, same: 0, other: 0, all: 0};
      const count = counts[key];
      const senseless = state === 'none' && (key === 'own' || key === 'same');
      if (senseless) return O.el('td', {class: 'none'}, O.el('span', {class: 'offscreen'}, 'cannot be'));
      if (count === 0 && coverage.states.includes(state)) ++empty;
      const heat = count === 0 ? 0 : 1 + Math.min(5, Math.floor(6 * Math.log(count) / Math.log(most + 1)));
      return O.el('td', {class: `heat h${heat}`, title: `${operation} meets ${state}: ${counts.own} own handle, ` +
        `${counts.same} same key, ${counts.other} other key`}, count.toLocaleString('en'));
    };
    const body = O.el('tbody', null, coverage.operations.map((operation) => O.el('tr', null,
      O.el('th', {scope: 'row'}, operation), states.map((state) => cell(operation, state)))));
    results.replaceChildren(O.el('div', {class: 'scroll tall', tabindex: '0', role: 'region',
      'aria-label': 'Coverage'}, O.el('table', {class: 'matrix heatmap'},
      O.el('caption', null, `How often an operation (rows) met an oplock state (columns), ` +
        `${R.relations.find(([name]) => name === key)[1]}; ${O.counted(empty, 'combination')} never`),
      O.el('thead', null, O.el('tr', null, O.el('td'), states.map((state) => O.el('th', {scope: 'col'}, state)))),
      body)));
    O.say(`${O.counted(empty, 'combination')} never met`);
  };
  O.append(main, O.el('h1', {tabindex: '-1'}, 'Coverage'), form, results);
  show(query);
};

// ---------------------------------------------------------------- the page

R.show = (event) => {
  const {kind, rest, query} = O.route();
  const main = document.getElementById('main');
  main.replaceChildren();
  R.current = null;
  const pages = {'': () => R.overview(main), cases: () => R.casesPage(main, query),
    clauses: () => R.clausesPage(main, query), clause: () => R.clausePage(main, rest),
    tables: () => R.tablePage(main, R.tables.includes(rest) ? rest : 'break', query),
    coverage: () => R.coveragePage(main, query), compare: () => R.comparePage(main, query)};
  const one = R.byKey.get(`${kind}/${rest}`);
  if (Object.hasOwn(pages, kind)) pages[kind]();
  else if (one) R.casePage(main, one, query);
  else R.notFound(main, `This report has nothing at ${O.cut(location.hash, 300)}.`);
  const title = main.querySelector('h1');
  document.title = O.visible(`${title.textContent} · oplocksim ${R.head.verb}`);
  for (const link of document.querySelectorAll('header nav a')) {
    const mine = kind === link.dataset.kind;
    if (mine) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  if (event) {
    title.focus({preventScroll: true});
    scrollTo(0, 0);
  }
};

R.keys = (event) => {
  if (O.typing(event)) return;
  const go = (one) => {
    if (one) location.hash = R.caseLink(one);
  };
  const near = R.current ? R.neighbours(R.current) : {failure: R.cases.find((one) => R.verdictMatches('bad', one.verdict))};
  if (event.key === '/') {
    event.preventDefault();
    const field = document.querySelector('input[type=search]');
    if (field) field.focus();
    else location.hash = '#/cases';
  } else {
    go({n: near.next, p: near.previous, f: near.failure}[event.key]);
  }
};

R.start = () => {
  R.load();
  const verdict = R.verdictLine();
  const links = [['', 'Overview'], ['cases', 'Cases'], ['clauses', 'Clauses'],
    R.cases.some((one) => one.cell) && ['tables', 'Tables'], R.end && R.end.coverage &&
    ['coverage', 'Coverage'], ['compare', 'Compare']].filter(Boolean);
  O.frame(R.head.verb, O.el('span', {class: `badge ${verdict.class}`}, verdict.text),
    O.el('ul', null, links.map(([kind, text]) => O.el('li', null,
      O.el('a', {href: `#/${kind}`, 'data-kind': kind}, text)))));
  addEventListener('hashchange', R.show);
  addEventListener('keydown', R.keys);
  addEventListener('beforeprint', () => {
    for (const one of document.querySelectorAll('details:not(.cell)')) one.open = true;
  });
  R.show();
};
document.addEventListener('DOMContentLoaded', R.start);
