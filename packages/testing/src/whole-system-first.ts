// The order of the test files: those that start the whole system take longest, so that the last minute is not one of them alone.

import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Within its kind a file comes where Vitest would have it: by how long it took, or by its size. */
export class WholeSystemFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const kindOf = ({ moduleId, project }: TestSpecification): number => {
      const path = relative(project.config.root, moduleId);
      if (path.startsWith('test/')) return 0;
      return path.includes('/test/') ? 1 : 2;
    };
    return (await super.sort(files)).toSorted((a, b) => kindOf(a) - kindOf(b));
  }
}
