import type { PolicyProblem } from '../problem.js';

/** Errors and warnings that one answer lists. */
const MOST = { error: 1000, warn: 200 };

/** Problems in the order in which they were found, as many as an answer can bear, and how many more there are. */
export class ProblemList {
  private readonly problems: PolicyProblem[] = [];
  private readonly count = { error: 0, warn: 0 };

  add(problems: Iterable<PolicyProblem | undefined>): void {
    for (const problem of problems) {
      if (!problem) continue;
      this.count[problem.severity] += 1;
      if (this.count[problem.severity] <= MOST[problem.severity]) this.problems.push(problem);
    }
  }

  all(): PolicyProblem[] {
    return [...this.problems, ...this.rest('error'), ...this.rest('warn')];
  }

  private rest(severity: 'error' | 'warn'): PolicyProblem[] {
    const more = this.count[severity] - MOST[severity];
    if (more <= 0) return [];
    const details = `${more} more ${severity === 'error' ? 'errors' : 'warnings'} are not listed`;
    return [{ severity, problem_type: 'ValidationError', details, path: '' }];
  }
}
