// SPDX-License-Identifier: GPL-3.0-or-later
// Each place for charts has its data in the script element that follows it.

const kinds = { run: showRun, comparison: showComparison, sweep: showSweep, optimization: showOptimization };

for (const container of document.querySelectorAll('.charts')) {
  kinds[container.dataset.kind](container, JSON.parse(container.nextElementSibling.textContent));
}
