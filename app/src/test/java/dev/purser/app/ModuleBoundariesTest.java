package dev.purser.app;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Which module may know which other module and library. The poms say it as well; this catches what
/// comes in transitively.
@AnalyzeClasses(packages = "dev.purser", importOptions = DoNotIncludeTests.class)
class ModuleBoundariesTest {
  private static final String CORE = "dev.purser.core..";
  private static final String APP = "dev.purser.app..";
  private static final String TRANSPORT = "dev.purser.transport..";
  private static final String LAKE = "dev.purser.lake..";
  private static final String CONTAINERS = "dev.purser.containers..";
  private static final String SOURCES = "dev.purser.sources..";
  private static final String LOGS = "dev.purser.sources.logs..";
  private static final String AUDIT = "dev.purser.sources.audit..";
  private static final String KUBERNETES = "dev.purser.kubernetes..";
  private static final String OBJECTS = "dev.purser.sources.objects..";
  private static final String EVENTS = "dev.purser.sources.events..";
  private static final String HUB = "dev.purser.hub..";
  private static final String AGENT = "dev.purser.agent..";

  @ArchTest static final ArchRule coreKnowsNoOtherModule = onlyKnows(CORE);

  @ArchTest static final ArchRule transportKnowsOnlyCore = onlyKnows(TRANSPORT, CORE);

  @ArchTest static final ArchRule lakeKnowsOnlyCore = onlyKnows(LAKE, CORE);

  @ArchTest static final ArchRule containersKnowOnlyCore = onlyKnows(CONTAINERS, CORE);

  @ArchTest static final ArchRule logsKnowOnlyCoreAndContainers = onlyKnows(LOGS, CORE, CONTAINERS);

  @ArchTest static final ArchRule auditKnowsOnlyCoreAndLogs = onlyKnows(AUDIT, CORE, LOGS);

  @ArchTest static final ArchRule kubernetesKnowsOnlyCore = onlyKnows(KUBERNETES, CORE);

  @ArchTest
  static final ArchRule eventsKnowOnlyCoreAndKubernetes = onlyKnows(EVENTS, CORE, KUBERNETES);

  @ArchTest
  static final ArchRule objectsKnowOnlyCoreAndKubernetes = onlyKnows(OBJECTS, CORE, KUBERNETES);

  @ArchTest static final ArchRule hubKnowsNoSourceAndNoAgent = noneIn(HUB, SOURCES, AGENT);

  @ArchTest static final ArchRule agentKnowsNoLakeAndNoHub = noneIn(AGENT, LAKE, HUB);

  @ArchTest
  static final ArchRule onlyBenchmarksKnowApp =
      noClasses()
          .that()
          .resideOutsideOfPackages(APP, "dev.purser.bench..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage(APP);

  @ArchTest
  static final ArchRule kubernetesClientStaysInItsModule = ownedBy(KUBERNETES, "io.fabric8..");

  @ArchTest
  static final ArchRule tableEnginesStayInLake =
      ownedBy(LAKE, "org.duckdb..", "org.apache.arrow..", "org.apache.iceberg..");

  @ArchTest
  static final ArchRule httpStaysInTransport =
      ownedBy(TRANSPORT, "io.helidon.webserver..", "org.apache.hc..");

  @ArchTest
  static final ArchRule runtimesStayInContainers =
      ownedBy(CONTAINERS, "io.helidon.webclient..", "io.grpc..", "com.google.protobuf..");

  /// Databind's classes would take an agent 6 MB.
  @ArchTest
  static final ArchRule agentsDoWithoutDatabind =
      noClasses()
          .that()
          .resideInAnyPackage(CORE, TRANSPORT, CONTAINERS, LOGS, AUDIT, AGENT)
          .should()
          .dependOnClassesThat()
          .resideInAPackage("com.fasterxml.jackson.databind..");

  @Test
  void everyModuleIsOnTheClassPath() {
    JavaClasses classes = new ClassFileImporter().importPackages("dev.purser");

    for (String module :
        List.of(
            "core",
            "transport",
            "lake",
            "containers",
            "kubernetes",
            "sources.logs",
            "sources.audit",
            "sources.events",
            "sources.objects",
            "hub",
            "agent",
            "app")) {
      assertThat(classes.containPackage("dev.purser." + module)).as(module).isTrue();
    }
  }

  /// Within `dev.purser` the module knows only itself and the others named.
  private static ArchRule onlyKnows(String module, String... others) {
    DescribedPredicate<JavaClass> own = resideInAPackage("dev.purser..");
    DescribedPredicate<JavaClass> known = resideInAPackage(module).or(resideInAnyPackage(others));
    return noClasses()
        .that()
        .resideInAPackage(module)
        .should()
        .dependOnClassesThat(own.and(not(known)));
  }

  private static ArchRule noneIn(String module, String... strangers) {
    return noClasses()
        .that()
        .resideInAPackage(module)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(strangers);
  }

  private static ArchRule ownedBy(String module, String... libraries) {
    return noClasses()
        .that()
        .resideOutsideOfPackage(module)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(libraries);
  }
}
