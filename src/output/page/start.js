// SPDX-License-Identifier: GPL-3.0-or-later
// The whole page is made of the data that the program has put into it (output/page_data.c).

const kinds = { run: showRun, comparison: showComparison, sweep: showSweep, optimization: showOptimization };

const place = document.getElementById('data');
const data = JSON.parse(place.textContent);
data.table = new Metrics(data);
place.before(make('header', {}), make('main', {}));
kinds[data.kind](data, document.querySelector('header'), document.querySelector('main'));
document.title = `${document.querySelector('h1').textContent} – autoscale-sim`;
