package io.coord.testkit;

import java.lang.reflect.Method;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.DisplayNameGenerator;

/** Display names such as {@code zk.C5 an invalid acl is refused before the parent is looked at}. */
final class ClaimNames extends DisplayNameGenerator.Standard {

    /** For JUnit. */
    ClaimNames() {}

    @Override
    public String generateDisplayNameForMethod(
            List<Class<?>> enclosingInstanceTypes, Class<?> testClass, Method testMethod) {
        Proves proves = testMethod.getAnnotation(Proves.class);
        return proves == null
                ? super.generateDisplayNameForMethod(enclosingInstanceTypes, testClass, testMethod)
                : String.join(" ", proves.value()) + " " + words(testMethod.getName());
    }

    private static String words(String camelCase) {
        return camelCase.replaceAll("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ").toLowerCase(Locale.ROOT);
    }
}
