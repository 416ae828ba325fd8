import injectableImports from './injectable-imports.mjs';
import noImportCycle from './no-import-cycle.mjs';
import packageOwners from './package-owners.mjs';

/** The rules of this repository, as `florin/<name>`. */
export default {
  meta: { name: 'florin' },
  rules: {
    'injectable-imports': injectableImports,
    'no-import-cycle': noImportCycle,
    'package-owners': packageOwners,
  },
};
