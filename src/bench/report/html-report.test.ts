import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { html } from '../../core/html.ts';
import { htmlReport } from './html-report.ts';
import { sampleReport } from './sample-report.fixture.ts';

test('escapes every text, wherever it comes from', () => {
  const report = sampleReport();
  const hostile = `<script>alert("1")</script>' & "`;
  const page = htmlReport({
    ...report,
    dewar: hostile,
    started_at: `<b>${report.started_at}`,
    machine: { ...report.machine, cpu: hostile, bazel: hostile },
    sizes: report.sizes.map((size) => ({
      ...size,
      commits: size.commits.map((commit) => ({ ...commit, kind: hostile, tier: hostile, reason: hostile })),
    })),
  });
  expect(page).not.toContain('<script');
  expect(page).not.toContain('<b>');
  expect(page).toContain('&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;&#39; &#38; &#34;');
});

test('an inserted text never closes an element or a quoted attribute', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const { source } = html`<p title="${text}">${text}</p>`;
      expect(source.replace(/&#\d+;/g, '')).toMatch(/^<p title="[^<>"]*">[^<>]*<\/p>$/);
    }),
  );
});

test('needs nothing from elsewhere, and draws no figure outside its frame', () => {
  const page = htmlReport(sampleReport());
  expect(page).not.toMatch(/\b(?:src|href)=|url\(|@import|https?:/);
  expect(page).not.toMatch(/NaN|undefined|Infinity/);
  const widths = [...page.matchAll(/<rect[^>]*\bwidth="([\d.]+)"/g)].map((match) => Number(match[1]));
  expect(widths.length).toBeGreaterThan(20);
  expect(Math.min(...widths)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...widths)).toBeLessThanOrEqual(860);
});

test('draws machines, alone too, and says why what is missing was not measured', () => {
  const page = htmlReport({ ...sampleReport(), sizes: [] });
  expect(page).toContain('10.0.2, every instruction emulated (TCG; no KVM: a test program hung)');
  expect(page).toContain('2.00 s, 4.00x faster');
  expect(page).toContain('16 GiB: not measured: too large');
  expect(page).toContain('8 GiB against 1 GiB');
  expect(page).not.toContain('against the bare query');
  expect(page).not.toMatch(/NaN|undefined|Infinity/);
  const none = htmlReport({ ...sampleReport(), machines: { why: 'QEMU is missing' } });
  expect(none).toContain('Not measured: QEMU is missing.');
});

test('says it at the top when an answer differs', () => {
  expect(htmlReport(sampleReport())).toContain('All 22 warm answers are equal');
  expect(htmlReport({ ...sampleReport(), equal: false })).toContain('Some warm answers differ');
});
