// This report beside others that the reader chooses from his disk: other profiles, another version,
// the run of yesterday. A matrix of cases and reports, at first of those that differ.
//
// A chosen file is parsed as a document that runs nothing; only its data is read.
'use strict';

R.others = [];   // {name, head, cases, byKey}
R.maxOthers = 8;

R.reportName = (head) => `${head.verb}, ${head.profile}` +
  head.given.map(([name, value]) => `, ${name}=${value}`).join('') + `, ${head.version}`;

// The report in the text of a file, or what is wrong with it.
R.readOther = (text, file) => {
  const page = new DOMParser().parseFromString(text, 'text/html');
  const data = (kind) => [...page.querySelectorAll(`script[data-kind="${kind}"]`)].map(O.parse);
  const head = data('head')[0];
  if (!head || !Array.isArray(head.given)) return {problem: `${file} is not such a report`};
  const read = R.readCases(data('rows'));
  return {name: R.reportName(head), file, head, ...read};
};

// What a case came to in a report, for comparing and for showing.
R.outcome = (one) => (one ? `${one.verdict} ${one.cell ? one.cell.expected : ''}` : '');
R.compared = () => {
  const keys = new Map();
  for (const report of [{byKey: R.byKey}, ...R.others]) {
    for (const [key, one] of report.byKey) if (!keys.has(key)) keys.set(key, one);
  }
  return [...keys].map(([key, one]) => {
    const all = [R.byKey.get(key), ...R.others.map((other) => other.byKey.get(key))];
    const outcomes = all.filter(Boolean).map(R.outcome);
    return {key, one, all, missing: outcomes.length < all.length,
      differs: outcomes.some((other) => other !== outcomes[0])};
  });
};

R.compareCell = (one, mine) => {
  if (!one) return O.el('td', {class: 'none'}, O.el('span', {class: 'muted'}, 'not in it'));
  const text = one.cell && one.cell.expected ? one.cell.expected : R.head.verdicts[one.verdict];
  return O.el('td', {class: `tint ${R.classes[one.verdict]}`},
    O.el('span', {'aria-hidden': 'true'}, R.symbols[one.verdict]), ' ',
    mine ? O.el('a', {href: R.caseLink(one)}, O.cut(text, 80)) : O.cut(text, 80),
    O.el('span', {class: 'offscreen'}, ` ${R.head.verdicts[one.verdict]}`));
};

R.compareTable = (rows, query) => {
  const words = R.words(query.q);
  const wanted = {all: () => true, missing: (row) => row.missing}[query.show] || ((row) => row.differs);
  const found = rows.filter((row) => wanted(row) &&
    words.every((word) => row.one.search.includes(word)));
  const shown = found.slice(0, R.pageSize * 5);
  const caption = `${O.counted(found.length, 'case')}${{all: '', missing: ' that not all have'}[query.show] ?? ' that differ'} ` +
    `of ${rows.length.toLocaleString('en')}` + (shown.length < found.length ? `, the first ${shown.length}` : '');
  O.say(caption);
  return O.el('div', {class: 'scroll tall', tabindex: '0', role: 'region', 'aria-label': 'Comparison'},
    O.el('table', {class: 'matrix compare'}, O.el('caption', null, caption),
      O.el('thead', null, O.el('tr', null, O.el('th', {scope: 'col'}, 'Case'),
        O.el('th', {scope: 'col'}, 'this report: ', R.reportName(R.head)),
        R.others.map((other) => O.el('th', {scope: 'col'}, O.cut(other.file, 60), ': ', other.name)))),
      O.el('tbody', null, shown.map((row) => O.el('tr', null,
        O.el('th', {scope: 'row'}, O.cut(row.one.title, 120), O.el('div', {class: 'muted id'}, O.cut(row.one.name, 160))),
        row.all.map((one, i) => R.compareCell(one, i === 0)))))));
};

R.comparePage = (main, query) => {
  const results = O.el('div');
  const problem = O.el('p', {class: 'bad', role: 'alert'});
  const form = R.filterForm(['compare'], [R.textFilter(query, 'Search'), R.choice('show', 'Show', query.show,
    [['', 'what differs'], ['missing', 'what not all have'], ['all', 'all cases']])], (changed) => show(changed));
  const show = (filter) => {
    form.hidden = R.others.length === 0;
    results.replaceChildren(R.others.length === 0 ? O.el('p', {class: 'muted'}, 'No other report is chosen yet.')
      : R.compareTable(R.compared(), filter));
  };
  const take = async (files) => {
    problem.textContent = '';
    for (const file of files) {
      const other = R.others.length < R.maxOthers ? R.readOther(await file.text(), file.name)
        : {problem: `no more than ${R.maxOthers} at a time`};
      if (other.problem) problem.textContent = O.visible(other.problem);
      else R.others.push(other);
    }
    show(O.route().query);
  };
  O.append(main, O.el('h1', {tabindex: '-1'}, 'Compare'),
    O.el('p', null, 'Put this report beside others: the other profiles, another version, the run before a change. ' +
      'They are read here and go nowhere.'),
    O.el('p', null, O.el('label', null, 'HTML reports to compare with ', O.el('input', {type: 'file', multiple: true,
      accept: '.html,text/html', onchange: (event) => take([...event.target.files])}))), problem, form, results);
  show(query);
};
