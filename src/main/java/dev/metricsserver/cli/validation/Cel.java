package dev.metricsserver.cli.validation;

import static java.util.stream.Collectors.toMap;

import dev.cel.checker.CelStandardDeclarations;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import dev.cel.runtime.CelStandardFunctions;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Evaluates validation rules of the CustomResourceDefinition where no API server does. Only
 * commands that validate without a cluster load this class, and with it the library.
 */
final class Cel {

  /**
   * In Kubernetes, as in Go, this is a whole duration; for the library, the part below a second.
   */
  private static final String MILLISECONDS = "getMilliseconds";

  private static final String WHOLE_DURATION = "duration_to_milliseconds_as_in_go";

  private static final CelCompiler COMPILER =
      CelCompilerFactory.standardCelCompilerBuilder()
          .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
          .setStandardEnvironmentEnabled(false)
          .setStandardDeclarations(
              CelStandardDeclarations.newBuilder()
                  .excludeFunctions(CelStandardDeclarations.StandardFunction.GET_MILLISECONDS)
                  .build())
          .addFunctionDeclarations(
              CelFunctionDecl.newFunctionDeclaration(
                  MILLISECONDS,
                  CelOverloadDecl.newMemberOverload(
                      WHOLE_DURATION, SimpleType.INT, SimpleType.DURATION)))
          .addVar("self", SimpleType.DYN)
          .addVar("oldSelf", SimpleType.DYN)
          .build();

  private static final CelRuntime RUNTIME =
      CelRuntimeFactory.legacyCelRuntimeBuilder()
          .setStandardEnvironmentEnabled(false)
          .setStandardFunctions(
              CelStandardFunctions.newBuilder()
                  .excludeFunctions(CelStandardFunctions.StandardFunction.GET_MILLISECONDS)
                  .build())
          .addFunctionBindings(
              CelFunctionBinding.fromOverloads(
                  MILLISECONDS,
                  CelFunctionBinding.from(WHOLE_DURATION, Duration.class, Duration::toMillis)))
          .build();

  private Cel() {}

  /**
   * Returns whether a rule holds for a value. As for the API server, it does not when it cannot be
   * evaluated.
   *
   * @throws IllegalArgumentException when the rule is not valid
   */
  static boolean holds(String rule, Object self) {
    var syntax = compile(rule);
    try {
      return Boolean.TRUE.equals(
          RUNTIME.createProgram(syntax).eval(Map.of("self", celValue(self))));
    } catch (CelEvaluationException e) {
      return false;
    }
  }

  /**
   * Reads a rule.
   *
   * @throws IllegalArgumentException when the rule is not valid
   */
  static CelAbstractSyntaxTree compile(String rule) {
    try {
      return COMPILER.compile(rule).getAst();
    } catch (CelValidationException e) {
      throw new IllegalArgumentException(rule, e);
    }
  }

  /** CEL has 64-bit numbers only. */
  private static Object celValue(Object value) {
    return switch (value) {
      case Map<?, ?> map ->
          map.entrySet().stream().collect(toMap(Map.Entry::getKey, e -> celValue(e.getValue())));
      case List<?> list -> list.stream().map(Cel::celValue).toList();
      case Integer number -> number.longValue();
      case Float number -> number.doubleValue();
      default -> value;
    };
  }
}
