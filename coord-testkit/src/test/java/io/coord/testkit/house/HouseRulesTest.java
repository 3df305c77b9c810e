package io.coord.testkit.house;

import static com.tngtech.archunit.lang.conditions.ArchConditions.never;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import io.coord.testkit.house.House.Source;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** The walls that carry the design: what each room may see, and what none may do. */
@Timeout(60) // reading every class takes a while on a busy machine
class HouseRulesTest {
    private static final String[] PURE = {"io.coord.state..", "io.coord.raft..", "io.coord.member.."};
    private static final String[] DETERMINISTIC = {
        "io.coord.state..", "io.coord.raft..", "io.coord.member..", "io.coord.testkit.sim.."
    };
    private static final String[] WITH_A_CLOCK = {"io.coord.runtime..", "io.coord.netty..", "io.coord.testkit.."};
    private static final String[] WITH_THREADS = {
        "io.coord.runtime..", "io.coord.storage..", "io.coord.netty..", "io.coord.testkit.."
    };

    private static final Set<String> EVERYONE = Set.of();

    /** Who may see which room; those not named here are closed. */
    private static final Map<String, Set<String>> OPEN_TO = Map.ofEntries(
            Map.entry("io.coord", EVERYONE),
            Map.entry("io.coord.recipes", EVERYONE),
            Map.entry("io.coord.session", Set.of("io.coord.raft", "io.coord.netty", "io.coord.testkit")),
            Map.entry("io.coord.state", Set.of("io.coord.raft", "io.coord.netty", "io.coord.testkit")),
            Map.entry("io.coord.ensemble", EVERYONE),
            Map.entry("io.coord.ensemble.spi", EVERYONE),
            Map.entry("io.coord.raft", Set.of("io.coord.testkit")),
            Map.entry("io.coord.member", Set.of("io.coord.testkit")),
            Map.entry("io.coord.wire", Set.of("io.coord.netty", "io.coord.testkit")),
            Map.entry("io.coord.storage", Set.of("io.coord.testkit")),
            Map.entry("io.coord.runtime", Set.of("io.coord.netty", "io.coord.testkit")),
            Map.entry("io.coord.netty", EVERYONE),
            Map.entry("io.coord.testkit", EVERYONE));

    /** As much of the JDK as a function of its inputs needs. */
    private static final String[] PLAIN_JAVA = {
        "", // arrays of primitives and the primitives themselves
        "java.lang",
        "java.lang.annotation",
        "java.lang.invoke",
        "java.lang.runtime",
        "java.math",
        "java.nio",
        "java.nio.charset",
        "java.time",
        "java.util",
        "java.util.function",
        "java.util.stream",
        "java.util.zip",
        "org.jspecify.annotations"
    };

    // ---- the survey itself

    @Test
    void everyTypeInEveryModulesMainSourcesIsExamined() {
        Set<String> examined = House.mainClasses().stream().map(JavaClass::getName).collect(Collectors.toSet());
        List<Source> written = House.sources("main").stream().filter(Source::isType).toList();

        assertThat(written).isNotEmpty();
        assertThat(written).allSatisfy(source -> assertThat(examined).contains(source.className()));
    }

    @Test
    void allFourModulesAreFound() {
        assertThat(House.modules())
                .extracting(ModuleDescriptor::name)
                .containsExactlyInAnyOrder("io.coord.core", "io.coord.raft", "io.coord.netty", "io.coord.testkit");
    }

    // ---- who sees whom

    @ParameterizedTest
    @CsvSource({
        "io.coord.state, io.coord io.coord.state",
        "io.coord.raft, io.coord io.coord.raft",
        "io.coord.member, io.coord io.coord.state io.coord.raft io.coord.member"
    })
    void aPurePackageSeesValuesAndPlainJavaAlone(String pure, String seen) {
        List<String> allowed = new ArrayList<>(List.of(seen.split(" ")));
        allowed.addAll(List.of(PLAIN_JAVA));
        holds(classes()
                .that()
                .resideInAPackage(pure)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(allowed.toArray(String[]::new)));
    }

    @Test
    void coreSeesTheJdkAndJspecifyAlone() {
        holds(classes()
                .that()
                .resideInAnyPackage("io.coord", "io.coord.recipes..", "io.coord.session..", "io.coord.state..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "", "java..", "org.jspecify.annotations", "io.coord", "io.coord.recipes..",
                        "io.coord.session..", "io.coord.state.."));
    }

    @Test
    void recipesSeeThePublicFaceAlone() {
        holds(classes()
                .that()
                .resideInAPackage("io.coord.recipes..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("", "java..", "org.jspecify.annotations", "io.coord", "io.coord.recipes.."));
    }

    @Test
    void onlyTheWireSeesProtobuf() {
        holds(noClasses()
                .that()
                .resideOutsideOfPackage("io.coord.wire..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.google.protobuf..", House.GENERATED));
    }

    @Test
    void onlyCoordNettySeesNetty() {
        holds(noClasses()
                .that()
                .resideOutsideOfPackage("io.coord.netty..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.netty.."));
    }

    @Test
    void anInMemoryEnsembleLoadsNoNettyClass() {
        holds(noClasses()
                .that()
                .resideInAPackage("io.coord.testkit..")
                .and()
                .haveNameNotMatching(".*\\.ZooKeeperTestServer(\\$.*)?")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.coord.netty.."));
    }

    @Test
    void packagesFormNoCycle() {
        holds(slices().assignedFrom(new ByPackage()).should().beFreeOfCycles());
    }

    // ---- what the neighbours get to see

    @Test
    void everyFurnishedRoomIsOpenToThoseItIsForAndToNoOneElse() {
        Set<String> furnished = House.sources("main").stream()
                .filter(Source::isType)
                .map(Source::packageName)
                .collect(Collectors.toSet());
        Map<String, Set<String>> wanted = new TreeMap<>(OPEN_TO);
        wanted.keySet().retainAll(furnished);

        Map<String, Set<String>> found = new TreeMap<>();
        House.modules().forEach(module ->
                module.exports().forEach(export -> found.put(export.source(), export.targets())));

        assertThat(found).isEqualTo(wanted);
    }

    @Test
    void theOpenRoomsMentionNoForeignType() {
        Set<String> open = openPackages();
        List<String> foreign = House.mainClasses().stream()
                .filter(type -> open.contains(type.getPackageName()))
                .flatMap(HouseRulesTest::foreignTypesIn)
                .toList();

        assertThat(foreign).isEmpty();
    }

    // ---- what nobody does

    @Test
    void thePureRoomsAndTheSimulationAreDeterministic() {
        for (ArchCondition<JavaClass> wrong : List.of(
                Walls.readAClock(), Walls.rollDice(), Walls.dependOnAccidents(), Walls.startThreads())) {
            holds(classes().that().resideInAnyPackage(DETERMINISTIC).should(never(wrong)));
        }
        holds(classes().that().resideInAnyPackage(PURE).should(never(Walls.synchronizeOrShare())));
    }

    @Test
    void thePureRoomsTakeNoLock() {
        assertThat(House.sources("main"))
                .filteredOn(source -> Set.of("io.coord.state", "io.coord.raft", "io.coord.member")
                        .contains(source.packageName()))
                .isNotEmpty()
                .allSatisfy(source -> assertThat(source.code())
                        .as("%s", source.file())
                        .doesNotContainPattern("\\b(synchronized|volatile|Thread|wait\\(|notifyAll)\\b"));
    }

    @Test
    void timeAndChanceComeInAtTheEdgesAlone() {
        for (ArchCondition<JavaClass> wrong : List.of(Walls.readAClock(), Walls.rollDice())) {
            holds(classes()
                    .that()
                    .resideOutsideOfPackages(WITH_A_CLOCK)
                    .and()
                    .resideOutsideOfPackage(House.GENERATED)
                    .should(never(wrong)));
        }
    }

    @Test
    void threadsLiveAtTheEdges() {
        holds(classes().that().resideOutsideOfPackages(WITH_THREADS).should(never(Walls.startThreads())));
        holds(classes().should(never(Walls.runOnTheCommonPool())));
    }

    @Test
    void nothingTouchesTheProcessButCommandsWhichOwnIt() {
        holds(classes()
                .that()
                .resideOutsideOfPackage(House.GENERATED)
                .and()
                .doNotHaveSimpleName("ImportZooKeeper")
                .and()
                .doNotHaveSimpleName("ExportZooKeeper")
                .and()
                .doNotHaveFullyQualifiedName("io.coord.netty.CoordServer")
                .and()
                .doNotHaveFullyQualifiedName("io.coord.netty.server.ConsoleLogs") // which that server's process alone has
                .should(never(Walls.touchTheProcess())));
    }

    @Test
    void twoEnsemblesShareNoMutableState() {
        List<String> shared = House.mainClasses().stream()
                .filter(type -> !type.getPackageName().equals("io.coord.wire.proto"))
                .flatMap(type -> Statics.mutableIn(type).stream())
                .toList();

        assertThat(shared).isEmpty();
    }

    // ---- the sources

    @Test
    void everyPackageIsNullMarkedAndSaysWhatItIs() {
        List<Source> sources = House.sources("main");
        Set<String> packages = sources.stream()
                .map(Source::packageName)
                .filter(name -> !name.isEmpty())
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> introduced = sources.stream()
                .filter(source -> source.className().endsWith(".package-info"))
                .filter(source -> source.text().startsWith("/**") && source.code().contains("NullMarked"))
                .map(Source::packageName)
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(packages).isNotEmpty().isEqualTo(introduced);
    }

    @Test
    void testsNeverSleepAndNoneIsSwitchedOff() {
        Pattern sloth = Pattern.compile("Thread\\s*\\.\\s*sleep|TimeUnit\\.\\w+\\.sleep|@Disabled");
        List<Path> offenders = House.sources("test").stream()
                .filter(source -> sloth.matcher(source.code()).find())
                .map(Source::file)
                .toList();

        assertThat(offenders).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "coord-core, jspecify",
        "coord-raft, coord-core jspecify protobuf-java slf4j-api",
        "coord-netty, coord-core coord-raft jspecify slf4j-api netty-handler"
    })
    void aModuleDeclaresNothingToRunWithButTheseDependencies(String module, String artifacts) throws Exception {
        assertThat(runtimeDependencies(House.root().resolve(module).resolve("pom.xml")))
                .isSubsetOf(artifacts.split(" "));
    }

    @Test
    void theTopLevelIsAsAgreed() throws IOException {
        try (Stream<Path> entries = Files.list(House.root())) {
            assertThat(entries.map(entry -> entry.getFileName().toString()).filter(name -> !name.startsWith(".")))
                    .contains("pom.xml", "LICENSE", "coord-core", "coord-raft", "coord-netty", "coord-testkit")
                    .isSubsetOf(
                            "pom.xml", "LICENSE", "README.md", "coord-core", "coord-raft", "coord-netty",
                            "coord-testkit", "target");
        }
    }

    // ---- the checks, checked: each must see the fault it is for

    @ParameterizedTest
    @MethodSource("io.coord.testkit.house.Offenders#all")
    void aWallSeesWhoeverCrossesIt(ArchCondition<JavaClass> wall, Class<?> offender) {
        assertThat(Offenders.breaks(wall, offender)).isTrue();
        assertThat(Offenders.breaks(wall, Offenders.Innocent.class)).isFalse();
    }

    @Test
    void aMutableStaticIsSeenAndAnImmutableOneIsNot() {
        assertThat(Statics.mutableIn(Offenders.read(Offenders.SharesState.class)))
                .extracting(line -> line.replaceAll(".*\\.(\\w+):.*", "$1"))
                .containsExactlyInAnyOrder("counter", "CACHE", "SEEDED", "TABLE");
        assertThat(Statics.mutableIn(Offenders.read(Offenders.Innocent.class))).isEmpty();
    }

    @Test
    void commentsAndLiteralsAreNotCode() {
        assertThat(Source.codeOf("/* volatile */ int a; // volatile\nString s = \"vola\\\"tile\"; char c = '\"'; int b;"))
                .doesNotContain("vola")
                .contains("int a;", "int b;");
    }

    private static void holds(ArchRule rule) {
        rule.allowEmptyShould(true).check(House.mainClasses());
    }

    private static Set<String> openPackages() {
        return House.modules().stream()
                .flatMap(module -> module.exports().stream())
                .filter(export -> !export.isQualified())
                .map(ModuleDescriptor.Exports::source)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Stream<String> foreignTypesIn(JavaClass type) {
        if (!isSeen(type.getModifiers())) {
            return Stream.empty();
        }
        Stream<JavaType> parents = Stream.concat(type.getSuperclass().stream(), type.getInterfaces().stream());
        Stream<JavaType> fields = type.getFields().stream()
                .filter(field -> isSeen(field.getModifiers()))
                .map(JavaField::getType);
        Stream<JavaType> codeUnits = type.getCodeUnits().stream()
                .filter(unit -> isSeen(unit.getModifiers()))
                .flatMap(HouseRulesTest::typesOf);
        return Stream.of(parents, fields, codeUnits)
                .flatMap(types -> types)
                .flatMap(mentioned -> mentioned.getAllInvolvedRawTypes().stream())
                .filter(mentioned -> mentioned.getName().matches("(io\\.netty|com\\.google|org\\.slf4j)\\..*"))
                .map(mentioned -> type.getName() + " mentions " + mentioned.getName());
    }

    private static Stream<JavaType> typesOf(JavaCodeUnit unit) {
        return Stream.of(
                        Stream.of(unit.getReturnType()),
                        unit.getParameterTypes().stream(),
                        unit.getExceptionTypes().stream())
                .flatMap(types -> types);
    }

    private static boolean isSeen(Set<JavaModifier> modifiers) {
        return modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
    }

    /** The artifacts of a pom's own dependencies that reach those who use the module. */
    private static Set<String> runtimeDependencies(Path pom) throws Exception {
        Document document = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(pom.toFile());
        NodeList dependencies = document.getElementsByTagName("dependency");
        Set<String> artifacts = new TreeSet<>();
        for (int i = 0; i < dependencies.getLength(); i++) {
            Element dependency = (Element) dependencies.item(i);
            if (!text(dependency, "scope").equals("test") && !text(dependency, "optional").equals("true")) {
                artifacts.add(text(dependency, "artifactId"));
            }
        }
        return artifacts;
    }

    private static String text(Element parent, String child) {
        NodeList found = parent.getElementsByTagName(child);
        return found.getLength() == 0 ? "" : found.item(0).getTextContent().strip();
    }

    /** Each package is a slice of its own, {@code io.coord} included. */
    private static final class ByPackage implements SliceAssignment {
        @Override
        public SliceIdentifier getIdentifierOf(JavaClass type) {
            return type.getPackageName().startsWith("io.coord")
                    ? SliceIdentifier.of(type.getPackageName())
                    : SliceIdentifier.ignore();
        }

        @Override
        public String getDescription() {
            return "packages";
        }
    }
}
