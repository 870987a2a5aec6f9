import { Html } from '../../core/html.ts';
import { IMPACT_PAGE_DRAWING } from './impact-page-drawing.ts';

/**
 * Draws the page's data and answers the reader. It is plain JavaScript for browsers, without any library; names go into
 * the page as text only. It has neither backticks nor `</`, so that it can stand in a template and in a script element.
 */
export const IMPACT_PAGE_SCRIPT: Html = new Html(String.raw`
'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const { targets, packages, rings, bubbles } = data;
  const element = (id) => document.getElementById(id);
  const canvas = element('canvas');
  const pen = canvas.getContext('2d');
  const users = targets.map(() => []);
  targets.forEach((target, index) => target.i.forEach((input) => users[input].push(index)));
  const MANY = 400;
  const LISTED = 100;
  const MOST_WAYS = 900;
  const MOST_NAMES = 90;
  const largest = [...bubbles].sort((a, b) => b.targets - a.targets);
  const expanded = new Set(targets.length > MANY ? [] : packages.keys());
  const bubbleOf = new Map(bubbles.map((bubble) => [bubble.package + '/' + bubble.distance, bubble]));
  const view = { x: 0, y: 0, scale: 1 };
  let selected = -1;
  let chain = [];
  let scheduled = false;

  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const hue = (distance) => 'hsl(' + ((25 + distance * 47) % 360) + ' 65% 50%)';
  const text = (tag, content, className) => {
    const made = document.createElement(tag);
    made.textContent = content;
    if (className) made.className = className;
    return made;
  };
  const button = (content, action, className) => {
    const made = text('button', content, className);
    made.type = 'button';
    made.addEventListener('click', action);
    return made;
  };
  const isShown = (index) => expanded.has(targets[index].p);
  const placeOf = (index) => {
    const target = targets[index];
    return isShown(index) ? target : bubbleOf.get(target.p + '/' + target.d);
  };
  const toScreen = ({ x, y }) => [canvas.clientWidth / 2 + (x + view.x) * view.scale,
    canvas.clientHeight / 2 + (y + view.y) * view.scale];

  function schedule() {
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(() => { scheduled = false; draw(); });
  }

${IMPACT_PAGE_DRAWING}
  function select(index, move) {
    selected = index;
    chain = [];
    for (let at = index; at !== -1; at = targets[at].v) chain.unshift(at);
    if (index !== -1) history.replaceState(null, '', '#' + encodeURIComponent(targets[index].l));
    if (move && index !== -1) show(placeOf(index));
    showDetails();
    schedule();
  }

  /** Moves a place into sight, unless it is there already and large enough to see. */
  function show(place) {
    const [x, y] = toScreen(place);
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (view.scale > 0.4 && x > 40 && y > 40 && x < width - 40 && y < height - 40) return;
    view.x = -place.x;
    view.y = -place.y;
    view.scale = Math.max(view.scale, 0.6);
  }

  function showDetails() {
    const details = element('details');
    details.replaceChildren();
    if (selected === -1) return;
    const target = targets[selected];
    const steps = target.d === 1 ? '1 step' : target.d + ' steps';
    details.append(text('h2', 'Selected'), text('div', target.l, 'label'),
      text('p', target.t + ', ' + (target.c ? 'changed itself' : steps + ' from a change'), 'count'));
    const root = targets[chain[0]];
    details.append(text('h2', 'What changed at ' + root.l));
    if (root.a) details.append(text('p', root.a, 'count'));
    const changes = text('ul', '', 'changes');
    for (const change of root.c || ['not looked up']) changes.append(text('li', change));
    details.append(changes);
    if (chain.length > 1) {
      details.append(text('h2', 'From there'));
      const list = document.createElement('ol');
      for (const index of chain) addTarget(list, index);
      details.append(list);
    }
    addTargets(details, 'Impacted targets that use it', users[selected]);
    addTargets(details, 'Impacted targets that it uses', target.i);
  }

  function addTargets(parent, title, indexes) {
    if (indexes.length === 0) return;
    parent.append(text('h2', title + ' (' + indexes.length + ')'));
    const list = document.createElement('ul');
    for (const index of indexes.slice(0, LISTED)) addTarget(list, index);
    if (indexes.length > LISTED) list.append(text('li', 'and ' + (indexes.length - LISTED) + ' more', 'count'));
    parent.append(list);
  }

  function addTarget(list, index) {
    const item = document.createElement('li');
    item.append(button(targets[index].l, () => select(index, true), 'link'));
    list.append(item);
  }

  function search() {
    const results = element('results');
    results.replaceChildren();
    const wanted = element('search').value.trim().toLowerCase();
    packages.forEach(([name], index) => {
      element('packages').children[index].hidden = wanted !== '' && !name.toLowerCase().includes(wanted);
    });
    if (wanted === '') return;
    const found = [...targets.keys()].filter((index) => targets[index].l.toLowerCase().includes(wanted));
    const more = found.length > LISTED ? ', the first ' + LISTED + ' are listed' : '';
    results.append(text('p', found.length + ' found' + more, 'count'));
    for (const index of found.slice(0, LISTED))
      results.append(button(targets[index].l, () => select(index, true), 'link'));
  }

  function showPackages() {
    const list = element('packages');
    list.replaceChildren();
    packages.forEach(([name, count], index) => {
      const item = document.createElement('li');
      const toggle = button(name, () => togglePackage(index), 'link');
      toggle.setAttribute('aria-pressed', String(expanded.has(index)));
      item.append(toggle, text('span', ' ' + count, 'count'));
      list.append(item);
    });
  }

  function togglePackage(index) {
    if (!expanded.delete(index)) expanded.add(index);
    element('packages').children[index].firstChild.setAttribute('aria-pressed', String(expanded.has(index)));
    schedule();
  }

  function setAll(open) {
    expanded.clear();
    if (open) for (const index of packages.keys()) expanded.add(index);
    showPackages();
    search();
    schedule();
  }

  function fit() {
    const size = Math.min(canvas.clientWidth, canvas.clientHeight) / 2 - 40;
    view.x = 0;
    view.y = 0;
    view.scale = Math.min(2.5, Math.max(0.02, size / (data.radius + 30)));
    schedule();
  }

  function zoom(factor, event) {
    const box = canvas.getBoundingClientRect();
    const x = event ? event.clientX - box.left - box.width / 2 : 0;
    const y = event ? event.clientY - box.top - box.height / 2 : 0;
    const scale = Math.min(8, Math.max(0.02, view.scale * factor));
    view.x += x / scale - x / view.scale;
    view.y += y / scale - y / view.scale;
    view.scale = scale;
    schedule();
  }

  /** The target or bubble under the pointer. */
  function find(event) {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let best = { away: 12 };
    targets.forEach((target, index) => {
      if (!isShown(index)) return;
      const [ownX, ownY] = toScreen(target);
      const away = Math.hypot(ownX - x, ownY - y);
      if (away < best.away) best = { away, target: index };
    });
    for (const bubble of bubbles) {
      if (expanded.has(bubble.package)) continue;
      const [ownX, ownY] = toScreen(bubble);
      const away = Math.hypot(ownX - x, ownY - y) - Math.max(4, bubble.radius * view.scale);
      if (away < Math.min(best.away, 4)) best = { away, bubble };
    }
    return best;
  }

  let drag;
  canvas.addEventListener('pointerdown', (event) => {
    drag = { x: event.clientX, y: event.clientY, moved: 0 };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (drag) {
      const [x, y] = [event.clientX - drag.x, event.clientY - drag.y];
      drag = { x: event.clientX, y: event.clientY, moved: drag.moved + Math.abs(x) + Math.abs(y) };
      view.x += x / view.scale;
      view.y += y / view.scale;
      schedule();
      return;
    }
    const { target, bubble } = find(event);
    const tip = element('tip');
    tip.hidden = target === undefined && bubble === undefined;
    if (tip.hidden) return;
    tip.textContent = bubble ? packages[bubble.package][0] + ': ' + bubble.targets + ' targets, click to open'
      : targets[target].l;
    const box = canvas.getBoundingClientRect();
    tip.style.left = Math.min(event.clientX - box.left + 14, box.width * 0.6) + 'px';
    tip.style.top = event.clientY - box.top + 14 + 'px';
  });
  canvas.addEventListener('pointerup', (event) => {
    const moved = drag ? drag.moved : 0;
    drag = undefined;
    if (moved > 5) return;
    const { target, bubble } = find(event);
    if (bubble) togglePackage(bubble.package);
    else select(target === undefined ? -1 : target, false);
  });
  canvas.addEventListener('wheel', (event) => {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 500), event);
  }, { passive: false });
  canvas.addEventListener('keydown', (event) => {
    const step = 60 / view.scale;
    const moves = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    const move = moves[event.key];
    if (move) { view.x += move[0]; view.y += move[1]; schedule(); }
    else if (event.key === '+' || event.key === '=') zoom(1.25);
    else if (event.key === '-') zoom(0.8);
    else if (event.key === 'Escape') select(-1, false);
    else return;
    event.preventDefault();
  });
  element('search').addEventListener('input', search);
  element('search').addEventListener('keydown', (event) => {
    const first = element('results').querySelector('button');
    if (event.key === 'Enter' && first) first.click();
  });
  element('expand').addEventListener('click', () => setAll(true));
  element('collapse').addEventListener('click', () => setAll(false));
  element('fit').addEventListener('click', fit);
  new ResizeObserver(schedule).observe(canvas);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', schedule);

  showPackages();
  fit();
  const fromAddress = () => {
    let wanted = '';
    try { wanted = decodeURIComponent(location.hash.slice(1)); } catch { return; }
    const index = targets.findIndex(({ l }) => l === wanted);
    if (index !== -1) select(index, true);
  };
  addEventListener('hashchange', fromAddress);
  fromAddress();
})();
`);
