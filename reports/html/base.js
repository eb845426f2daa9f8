// What every page of oplocksim is made with: elements, visible text, links, theme.
//
// Text from outside only ever becomes text nodes and attribute values, never markup; and
// characters that hide or reorder text are shown by their number.
'use strict';

const O = {};

// The characters that a reader could not see, or that would move what he sees: controls but tab
// and newline, marks of direction, invisible spaces, lone surrogates.
O.hidden = new RegExp('[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e' +
  '\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\uffff' +
  '\\u{e0000}-\\u{e0fff}\\u{d800}-\\u{dfff}]', 'gu');

// The same text, each such character as \u{202e}.
O.visible = (text) => String(text).replace(O.hidden, (c) =>
  (c === '\ufffd' ? c : `\\u{${c.codePointAt(0).toString(16)}}`));

O.append = (parent, ...children) => {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === '') continue;
    parent.append(child instanceof Node ? child : document.createTextNode(O.visible(child)));
  }
  return parent;
};

O.setAll = (element, attributes) => {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  return element;
};

// el('a', {href: '#/', class: 'x', onclick: f}, 'text', element, [more])
O.el = (name, attributes, ...children) =>
  O.append(O.setAll(document.createElement(name), attributes), children);
O.svg = (name, attributes, ...children) =>
  O.append(O.setAll(document.createElementNS('http://www.w3.org/2000/svg', name), attributes),
    children);

// Text that may be very long: its beginning, and a button that shows the rest.
O.longText = (text, limit = 1500) => {
  if (text.length <= limit) return O.el('span', {class: 'text'}, text);
  const holder = O.el('span', {class: 'text'}, `${text.slice(0, limit)}… `);
  holder.append(O.el('button', {type: 'button', class: 'small',
    onclick: () => holder.replaceChildren(O.visible(text))},
  `show all ${text.length.toLocaleString('en')} characters`));
  return holder;
};

O.cut = (text, limit) => {
  const shown = O.visible(text);
  return shown.length <= limit ? shown : `${shown.slice(0, Math.max(1, limit - 1))}…`;
};

O.data = (kind) => [...document.querySelectorAll(`script[data-kind="${kind}"]`)];
// A page that was cut off ends in the middle of an element.
O.parse = (element) => {
  try {
    return JSON.parse(element.textContent);
  } catch {
    return null;
  }
};

// "#/clause/WRITE-L2-ALWAYS?at=3". The parts keep their slashes.
O.link = (path, query) => {
  const pairs = Object.entries(query || {}).filter(([, value]) => value !== '' &&
    value !== null && value !== undefined);
  const encoded = path.map((part) => String(part).split('/').map(O.encoded).join('/')).join('/');
  return `#/${encoded}` + (pairs.length
    ? `?${pairs.map(([name, value]) => `${name}=${O.encoded(value)}`).join('&')}` : '');
};
O.encoded = (text) => encodeURIComponent(String(text).replace(/[\ud800-\udfff]/gu, '\ufffd'));
O.decoded = (text) => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
O.route = () => {
  const hash = location.hash.replace(/^#\/?/, '');
  const mark = hash.indexOf('?');
  const path = (mark < 0 ? hash : hash.slice(0, mark)).split('/').map(O.decoded);
  const query = {};
  for (const pair of mark < 0 ? [] : hash.slice(mark + 1).split('&')) {
    const at = pair.indexOf('=');
    if (at > 0) query[O.decoded(pair.slice(0, at))] = O.decoded(pair.slice(at + 1));
  }
  return {kind: path[0] || '', rest: path.slice(1).join('/'), query};
};
// The address of what is shown, without another entry in the history.
O.replaceHash = (hash) => {
  if (location.hash !== hash) history.replaceState(null, '', hash);
};

O.counted = (number, noun) => `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;

O.say = (text) => {
  const region = document.getElementById('live');
  if (region) region.textContent = O.visible(text);
};

O.copyButton = (text, what) => {
  const button = O.el('button', {type: 'button', class: 'copy'}, 'Copy');
  button.setAttribute('aria-label', `Copy ${what}`);
  const done = () => {
    button.textContent = 'Copied';
    O.say(`Copied ${what}`);
  };
  button.addEventListener('click', () => {
    const fallback = () => {
      const area = O.el('textarea', {class: 'offscreen', 'aria-hidden': 'true'});
      area.value = text;
      document.body.append(area);
      area.select();
      if (document.execCommand('copy')) done();
      area.remove();
      button.focus();
    };
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, fallback);
    else fallback();
  });
  return button;
};

// A command line in a box with a copy button.
O.command = (text) => O.el('div', {class: 'command'},
  O.el('code', {tabindex: '0', role: 'group', 'aria-label': 'command line'}, text),
  O.copyButton(text, 'the command line'));

// auto, light or dark. Remembered where the browser lets a file remember something.
O.themes = ['auto', 'light', 'dark'];
O.storedTheme = () => {
  try {
    return localStorage.getItem('oplocksim-theme') || 'auto';
  } catch {
    return 'auto';
  }
};
O.setTheme = (theme) => {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem('oplocksim-theme', theme);
  } catch { /* this page may not remember */ }
};
O.themeButton = () => {
  const button = O.el('button', {type: 'button', id: 'theme', class: 'quiet'});
  const show = () => {
    const theme = document.documentElement.dataset.theme;
    button.textContent = {auto: '◐ auto', light: '☀ light', dark: '☾ dark'}[theme];
    button.setAttribute('aria-label', `Colours: ${theme}. Press to change`);
  };
  button.addEventListener('click', () => {
    const at = O.themes.indexOf(document.documentElement.dataset.theme);
    O.setTheme(O.themes[(at + 1) % O.themes.length]);
    show();
    O.say(`Colours: ${document.documentElement.dataset.theme}`);
  });
  show();
  return button;
};

// The frame of a page: skip link, header with navigation, main, live region.
O.frame = (title, badge, navigation) => {
  const main = O.el('main', {id: 'main', tabindex: '-1'});
  document.body.append(
    O.el('a', {class: 'skip', href: '#main', onclick: (event) => {
      event.preventDefault();
      main.focus();
    }}, 'Skip to the content'),
    O.el('header', {class: 'top'},
      O.el('div', {class: 'brand'}, O.el('a', {href: '#/'}, O.el('strong', null, 'oplocksim'),
        ' ', O.el('span', null, title)), badge),
      navigation && O.el('nav', {'aria-label': 'Report'}, navigation), O.themeButton()),
    main, O.el('div', {id: 'live', class: 'offscreen', role: 'status', 'aria-live': 'polite'}));
  return main;
};

// Text that is being typed into is not a place for shortcuts.
O.typing = (event) => event.ctrlKey || event.altKey || event.metaKey ||
  event.target.closest('input, select, textarea, button, summary') !== null;

document.documentElement.dataset.theme =
  O.themes.includes(O.storedTheme()) ? O.storedTheme() : 'auto';
