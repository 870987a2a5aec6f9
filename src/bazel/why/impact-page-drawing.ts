/** The part of the page's script that draws on its canvas; functions of the scope that `IMPACT_PAGE_SCRIPT` makes. */
export const IMPACT_PAGE_DRAWING: string = String.raw`
  function draw() {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    canvas.width = Math.max(1, Math.round(width * ratio));
    canvas.height = Math.max(1, Math.round(height * ratio));
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawRings();
    drawWays();
    for (const bubble of bubbles) if (!expanded.has(bubble.package)) drawBubble(bubble);
    targets.forEach((target, index) => { if (isShown(index)) drawTarget(target, index); });
    drawChain();
    drawNames();
    nameRings();
  }

  function drawRings() {
    const [x, y] = toScreen({ x: 0, y: 0 });
    for (const ring of rings) {
      const middle = ((ring.inner + ring.outer) / 2) * view.scale;
      pen.beginPath();
      pen.arc(x, y, middle, 0, 2 * Math.PI);
      pen.lineWidth = Math.max(2, (ring.outer - ring.inner + 22) * view.scale);
      pen.strokeStyle = style('--ring');
      pen.globalAlpha = 0.6;
      pen.stroke();
      pen.globalAlpha = 1;
    }
  }

  /** Names of rings that would lie on one another are left out. */
  function nameRings() {
    const [x, y] = toScreen({ x: 0, y: 0 });
    pen.font = '12px system-ui, sans-serif';
    pen.textAlign = 'center';
    let last = Infinity;
    for (const ring of rings) {
      const top = y - (ring.outer + 20) * view.scale;
      if (last - top < 16) continue;
      last = top;
      const words = (ring.distance === 0 ? 'changed (' : 'distance ' + ring.distance + ' (') + ring.targets + ')';
      pen.lineWidth = 4;
      pen.strokeStyle = style('--paper');
      pen.strokeText(words, x, top);
      pen.fillStyle = style('--soft');
      pen.fillText(words, x, top);
    }
  }

  /** Too many at once would be one grey area: then only the chain of the selected target is drawn. */
  function drawWays() {
    const ways = new Map();
    targets.forEach((target, index) => {
      if (target.v === -1) return;
      const [from, to] = [placeOf(target.v), placeOf(index)];
      const key = from.x + '/' + from.y + '/' + to.x + '/' + to.y;
      if (from !== to) ways.set(key, [toScreen(from), toScreen(to)]);
    });
    if (ways.size > MOST_WAYS) return;
    pen.strokeStyle = style('--way');
    pen.lineWidth = 1;
    pen.globalAlpha = 0.5;
    pen.beginPath();
    for (const [from, to] of ways.values()) {
      pen.moveTo(...from);
      pen.lineTo(...to);
    }
    pen.stroke();
    pen.globalAlpha = 1;
  }

  function drawBubble(bubble) {
    const [x, y] = toScreen(bubble);
    const radius = Math.max(4, bubble.radius * view.scale);
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.fillStyle = hue(bubble.distance);
    pen.globalAlpha = 0.55;
    pen.fill();
    pen.globalAlpha = 1;
    if (radius < 9) return;
    pen.fillStyle = style('--ink');
    pen.textAlign = 'center';
    pen.font = '11px system-ui, sans-serif';
    pen.fillText(String(bubble.targets), x, y + 4);
  }

  function drawTarget(target, index) {
    const [x, y] = toScreen(target);
    if (x < -20 || y < -20 || x > canvas.clientWidth + 20 || y > canvas.clientHeight + 20) return;
    const radius = Math.max(1.5, Math.min(9, 5 * view.scale));
    pen.beginPath();
    pen.arc(x, y, index === selected ? radius + 3 : radius, 0, 2 * Math.PI);
    pen.fillStyle = hue(target.d);
    pen.fill();
    if (!target.c) return;
    pen.lineWidth = 1.5;
    pen.strokeStyle = style('--ink');
    pen.stroke();
  }

  function drawChain() {
    if (chain.length === 0) return;
    pen.strokeStyle = style('--chain');
    pen.fillStyle = style('--chain');
    pen.lineWidth = 3;
    pen.beginPath();
    chain.forEach((index, step) => {
      const point = toScreen(placeOf(index));
      if (step === 0) pen.moveTo(...point);
      else pen.lineTo(...point);
    });
    pen.stroke();
    for (const index of chain) {
      pen.beginPath();
      pen.arc(...toScreen(placeOf(index)), 5, 0, 2 * Math.PI);
      pen.fill();
    }
  }

  /** Names where there is room: of the chain always, of others while few are in sight. */
  function drawNames() {
    pen.font = '11px system-ui, sans-serif';
    pen.textAlign = 'left';
    const inSight = [];
    const add = (place, name, always) => {
      const [x, y] = toScreen(place);
      if (x > 0 && y > 0 && x < canvas.clientWidth && y < canvas.clientHeight) inSight.push({ x, y, name, always });
    };
    chain.forEach((index) => add(placeOf(index), targets[index].l, true));
    targets.forEach((target, index) => { if (isShown(index)) add(target, shortName(target), false); });
    for (const bubble of largest)
      if (!expanded.has(bubble.package)) add(bubble, packages[bubble.package][0], false);
    const taken = [];
    for (const { x, y, name, always } of inSight) {
      const shown = name.length > 48 ? name.slice(0, 24) + '\u2026' + name.slice(-23) : name;
      const box = [x + 8, y - 7, x + 12 + shown.length * 6, y + 7];
      if (!always && taken.some((other) => overlap(box, other))) continue;
      if (!always && taken.length > MOST_NAMES) break;
      taken.push(box);
      pen.lineWidth = 3;
      pen.strokeStyle = style('--paper');
      pen.strokeText(shown, x + 9, y + 4);
      pen.fillStyle = always ? style('--chain') : style('--ink');
      pen.fillText(shown, x + 9, y + 4);
    }
  }

  function shortName(target) {
    return target.l.slice(packages[target.p][0].length) || target.l;
  }

  function overlap(a, b) {
    return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
  }
`;
