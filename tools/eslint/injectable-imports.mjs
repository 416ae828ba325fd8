/**
 * Nest finds a constructor's parameters by the classes that the compiler wrote down for it. `import type` leaves
 * nothing to write down, and the service fails at its start; a parameter with its own `@Inject(token)` is told in words.
 */
export default {
  meta: {
    type: 'problem',
    schema: [],
    messages: { typeOnly: 'Nest injects "{{name}}" by its class: import it as a value.' },
  },
  create(context) {
    return {
      'MethodDefinition[kind="constructor"]'(node) {
        if (!node.parent.parent.decorators.some(isInjecting)) return;
        for (const parameter of node.value.params) {
          const name = injectedType(parameter);
          if (name && isTypeImport(context.sourceCode.getScope(node), name)) {
            context.report({ node: parameter, messageId: 'typeOnly', data: { name } });
          }
        }
      },
    };
  },
};

function isInjecting(decorator) {
  return ['Controller', 'Injectable', 'Module'].includes(decorator.expression.callee?.name);
}

/** The name of the type that a parameter is injected by, if nothing else says what to inject. */
function injectedType(parameter) {
  if (parameter.decorators.length > 0) return undefined;
  const binding = parameter.type === 'TSParameterProperty' ? parameter.parameter : parameter;
  const type = binding.typeAnnotation?.typeAnnotation;
  return type?.type === 'TSTypeReference' ? type.typeName.name : undefined;
}

function isTypeImport(scope, name) {
  for (let at = scope; at; at = at.upper) {
    const [definition] = at.set.get(name)?.defs ?? [];
    if (definition) return definition.parent?.importKind === 'type' || definition.node.importKind === 'type';
  }
  return false;
}
