import { html } from '../../core/html.ts';
import type { Html } from '../../core/html.ts';
import { commitRows } from './commit-rows.ts';
import { accelerated, gib } from './machines-text.ts';
import type { GuestProjectReport, MachineSizeReport, MachinesReport, Unmeasured } from './machines-report.ts';
import { svgBars } from './svg-bars.ts';
import type { Bar } from './svg-bars.ts';
import { faster, timeBar } from './time-bar.ts';
import { count, duration, quantity } from './units.ts';

/** What was measured of machines; or why nothing was. */
export function machinesSection(machines: MachinesReport | Unmeasured): Html {
  if ('why' in machines)
    return html`<section>
      <h2>Machines</h2>
      <p>Not measured: ${machines.why}.</p>
    </section>`;
  const { sizes, not_measured, project } = machines;
  return html`<section>
    <h2>Machines</h2>
    <p class="hint">
      QEMU ${accelerated(machines)}. One CPU each; half of the memory was filled with random data before it
      was frozen.
    </p>
    ${not_measured.map(({ memory_mib, why }) => html`<p>${gib(memory_mib)}: not measured: ${why}.</p>`)}
    ${sizes.length > 0 ? sizeCharts(sizes) : []}
    ${'why' in project ? html`<p>Bazel in a guest: not measured: ${project.why}.</p>` : projectCharts(project)}
  </section>`;
}

function sizeCharts(sizes: readonly MachineSizeReport[]): Html {
  return html`<h3>Start of QEMU to the first program run by ssh</h3>
    ${svgBars(
      'Times of restores and of boots for each size of memory',
      sizes.map((size) => ({
        title: gib(size.memory_mib),
        bars: [
          timeBar('restore', 'ours', size.restore, faster(size.restore, size.boot)),
          timeBar('of which until the state was loaded', 'other', size.loaded),
          timeBar('full boot', 'base', size.boot),
        ],
      })),
    )}
    <p class="hint">
      CPU time of QEMU until then, which neighbours on a busy host change little:
      ${sizes
        .map(
          ({ memory_mib, restore_cpu, boot_cpu }) =>
            `${gib(memory_mib)} ${duration(restore_cpu.median)} restored, ${duration(boot_cpu.median)} booted`,
        )
        .join('; ')}.
    </p>
    <p class="hint">
      Before that, files and host are checked:
      ${sizes
        .map(
          ({ memory_mib, check, first_check_ms }) =>
            `${gib(memory_mib)} ${duration(check.median)}, at the first restore ${duration(first_check_ms.here)}, at the first on another host ${duration(first_check_ms.elsewhere)}`,
        )
        .join('; ')}.
    </p>
    <h3>Memory of two clones of one snapshot at the same time</h3>
    ${svgBars(
      'Private and shared memory of two clones for each size of memory',
      sizes.flatMap(({ memory_mib, clones }) => [
        { title: `${gib(memory_mib)}, having answered`, bars: memoryBars(clones.answered) },
        { title: `${gib(memory_mib)}, having read all that is in use`, bars: memoryBars(clones.read_all) },
      ]),
    )}`;
}

function memoryBars(clones: MachineSizeReport['clones']['answered']): Bar[] {
  return clones.flatMap((clone, index): Bar[] => [
    memoryBar(`clone ${index + 1}, private`, 'ours', clone.private_mib),
    memoryBar(`clone ${index + 1}, shared`, 'base', clone.shared_mib),
  ]);
}

function memoryBar(label: string, tone: Bar['tone'], value: number): Bar {
  return { label, tone, value, runs: [], caption: quantity(value, 'MiB') };
}

function projectCharts({ targets, memory_mib, record, commits }: GuestProjectReport): Html {
  return html`<h3>
      consume --driver qemu at ${count(targets)} targets: a thawed machine against a fresh one
    </h3>
    <p class="hint">Guests of ${gib(memory_mib)}; record took ${duration(record.median)}.</p>
    ${svgBars(
      `Times of consume in guests at ${targets} targets`,
      commits.map((commit) => ({
        title: `${commit.kind}: ${count(commit.impacted)} impacted`,
        bars: [
          timeBar('thawed', 'ours', commit.consume, faster(commit.consume, commit.cold)),
          timeBar('cold, in a fresh machine', 'base', commit.cold),
        ],
      })),
    )}
    ${commitRows(commits)}`;
}
