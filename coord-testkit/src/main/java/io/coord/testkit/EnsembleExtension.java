package io.coord.testkit;

import io.coord.MemberConfig;
import java.lang.reflect.Constructor;
import java.util.TreeMap;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Gives each test that asks by {@link Coord} a {@link LocalEnsemble} of its own, and closes it after the test. */
public final class EnsembleExtension implements ParameterResolver {

    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(EnsembleExtension.class);

    /** For JUnit, which finds it by the annotation. */
    public EnsembleExtension() {}

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
        return parameter.isAnnotated(Coord.class) && parameter.getParameter().getType() == LocalEnsemble.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext test) {
        Coord wanted = parameter
                .findAnnotation(Coord.class)
                .orElseThrow(() -> new ParameterResolutionException("@Coord is missing on " + parameter));
        if (parameter.getDeclaringExecutable() instanceof Constructor) {
            throw new ParameterResolutionException("@Coord on a parameter of a constructor: JUnit would give the same ensemble to each test"
                    + " of the class. Take it by a parameter of the test method, or of one with @BeforeEach");
        }
        return test.getStore(NAMESPACE)
                .getOrComputeIfAbsent(parameter.getParameter(), key -> new Held(start(wanted)), Held.class)
                .ensemble();
    }

    /** What JUnit closes after the test: before 5.13 its own kind of resource only. */
    @SuppressWarnings("deprecation")
    private record Held(LocalEnsemble ensemble) implements ExtensionContext.Store.CloseableResource, AutoCloseable {
        @Override
        public void close() {
            ensemble.close();
        }
    }

    private static LocalEnsemble start(Coord wanted) {
        TreeMap<String, String> settings = new TreeMap<>();
        for (String setting : wanted.config()) {
            int equals = setting.indexOf('=');
            if (equals < 0) {
                throw new ParameterResolutionException("@Coord(config = \"" + setting + "\"): write key=value");
            }
            settings.put(setting.substring(0, equals).strip(), setting.substring(equals + 1).strip());
        }
        return LocalEnsemble.builder()
                .members(wanted.members())
                .config(MemberConfig.from(settings))
                .start();
    }
}
