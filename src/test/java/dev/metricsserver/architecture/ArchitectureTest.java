package dev.metricsserver.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaConstructor.CONSTRUCTOR_NAME;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.core.importer.ImportOption.OnlyIncludeTests;
import com.tngtech.archunit.lang.ArchRule;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Date;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * Data flows one way through the packages, and what decides sees neither the cluster nor the clock.
 */
class ArchitectureTest {

  private static final String ROOT = "dev.metricsserver";

  /** A package may use those before it, never those after it. */
  private static final List<String> PACKAGES =
      List.of(
          "api",
          "tls",
          "model",
          "plan",
          "rendering",
          "dependents",
          "reading",
          "events",
          "approval",
          "diagnosis",
          "status",
          "controller",
          "runtime",
          "cli");

  /**
   * Tested by tables and golden files; a change of the framework or of the time of day cannot
   * change what they say.
   */
  private static final String[] PURE =
      packages(List.of("model", "plan", "rendering", "tls", "diagnosis"));

  private static JavaClasses operator;

  @BeforeAll
  static void readClasses() {
    operator =
        new ClassFileImporter().withImportOption(new DoNotIncludeTests()).importPackages(ROOT);
    assertThat(operator).isNotEmpty();
  }

  @Test
  void tests_neverReadTheKubernetesConfigurationOfTheMachine() {
    check(
        noClasses()
            .should()
            .callConstructor(Config.class)
            .orShould()
            .callConstructor(ConfigBuilder.class)
            .orShould()
            .callMethodWhere(
                describe(
                    "Config.autoConfigure",
                    call ->
                        call.getTargetOwner().isEquivalentTo(Config.class)
                            && call.getTarget().getName().equals("autoConfigure"))),
        new ClassFileImporter().withImportOption(new OnlyIncludeTests()).importPackages(ROOT));
  }

  @ParameterizedTest
  @FieldSource("PACKAGES")
  void usesOnlyPackagesBeforeIt(String name) {
    var after = PACKAGES.subList(PACKAGES.indexOf(name) + 1, PACKAGES.size());
    check(
        noClasses()
            .that()
            .resideInAnyPackage(packages(List.of(name)))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(packages(after)));
  }

  @Test
  void cli_packages_haveNoCycles() {
    slices().matching(ROOT + ".cli.(*)..").should().beFreeOfCycles().check(operator);
  }

  @Test
  void everyPackageHasItsPlace() {
    check(classes().should().resideInAnyPackage(packages(PACKAGES)));
  }

  @Test
  void map_inTheDocument_listsEveryPackageInItsOrder() throws IOException {
    assertThat(
            Files.readAllLines(Path.of("docs/architecture.md")).stream()
                .filter(line -> line.matches(" {2}[a-z]+/ .*"))
                .map(line -> line.strip().replaceFirst("/.*", "")))
        .containsExactlyElementsOf(PACKAGES);
  }

  @Test
  void whatDecidesDoesNotKnowTheFramework() {
    check(
        noClasses()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.javaoperatorsdk..", "io.fabric8.kubernetes.client.."));
  }

  @Test
  void whatDecidesIsToldTheTime() {
    check(
        noClasses()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .accessTargetWhere(describe("reads the clock", ArchitectureTest::readsTheClock)));
  }

  /** In the package {@code approval} only the parser and the policy decide. */
  @Test
  void whatApprovesCertificatesDecidesByItsArgumentsAlone() {
    check(
        noClasses()
            .that()
            .haveNameMatching(
                ROOT
                    + "\\.approval\\.(ApprovalPolicy|RequestParser|Requested.*|CanonicalDER|ClusterContext|Verdict|Reason|Addresses|Limits)(\\$.*)?")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.javaoperatorsdk..", "io.fabric8.kubernetes.client..")
            .orShould()
            .accessTargetWhere(describe("reads the clock", ArchitectureTest::readsTheClock)));
  }

  @Test
  void everyPackageIsExplained() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
      assertThat(
              files
                  .filter(file -> file.toString().endsWith(".java"))
                  .map(Path::getParent)
                  .distinct())
          .isNotEmpty()
          .allSatisfy(directory -> assertThat(directory.resolve("package-info.java")).exists());
    }
  }

  private static boolean readsTheClock(JavaAccess<?> access) {
    if (!(access.getTarget() instanceof CodeUnitAccessTarget target)) {
      return false;
    }
    var owner = target.getOwner();
    var name = target.getName();
    var clockIsGiven =
        target.getRawParameterTypes().stream().anyMatch(type -> type.isEquivalentTo(Clock.class));
    return (owner.getPackageName().equals("java.time") && name.equals("now") && !clockIsGiven)
        || (owner.isEquivalentTo(Clock.class) && name.startsWith("system"))
        || (owner.isEquivalentTo(System.class)
            && (name.equals("currentTimeMillis") || name.equals("nanoTime")))
        || (owner.isEquivalentTo(Date.class)
            && name.equals(CONSTRUCTOR_NAME)
            && target.getRawParameterTypes().isEmpty());
  }

  /** A package without classes breaks no rule. */
  private static void check(ArchRule rule) {
    check(rule, operator);
  }

  private static void check(ArchRule rule, JavaClasses classes) {
    rule.allowEmptyShould(true).check(classes);
  }

  private static String[] packages(List<String> names) {
    return names.stream().map(name -> ROOT + "." + name + "..").toArray(String[]::new);
  }
}
