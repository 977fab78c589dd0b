import java.lang.classfile.Annotation;
import java.lang.classfile.AnnotationValue;
import java.lang.classfile.AttributedElement;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.FieldModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.RuntimeVisibleAnnotationsAttribute;
import java.lang.constant.ClassDesc;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A model class of fabric8 that tells no name that Jackson finds by itself. It names each property
 * at the field, at the getter and at the setter, and Jackson keeps all three as long as it reads
 * the class, each a map of its own. It would find getter and setter by the name of the field, and
 * most names by those of the methods.
 */
final class NamedOnce {

  private static final ClassDesc NAME =
      ClassDesc.of("com.fasterxml.jackson.annotation.JsonProperty");

  private NamedOnce() {}

  /** The change of a model's class. */
  static ClassTransform of(ClassModel model) {
    var names = namesByField(model);
    var accessors =
        model.methods().stream()
            .filter(method -> repeats(method, names))
            .map(method -> method.methodName().stringValue())
            .collect(Collectors.toSet());
    return (copy, element) -> {
      switch (element) {
        case MethodModel method when repeats(method, names) ->
            copy.transformMethod(
                method,
                (same, e) ->
                    same.with(e instanceof RuntimeVisibleAnnotationsAttribute a ? without(a) : e));
        case FieldModel field when isImplied(field, accessors) ->
            copy.transformField(
                field,
                (same, e) ->
                    same.with(e instanceof RuntimeVisibleAnnotationsAttribute a ? without(a) : e));
        default -> copy.with(element);
      }
    };
  }

  private static RuntimeVisibleAnnotationsAttribute without(
      RuntimeVisibleAnnotationsAttribute annotations) {
    return RuntimeVisibleAnnotationsAttribute.of(
        annotations.annotations().stream().filter(Predicate.not(NamedOnce::isName)).toList());
  }

  private static Map<String, String> namesByField(ClassModel model) {
    return model.fields().stream()
        .filter(field -> name(field).isPresent())
        .collect(
            Collectors.toMap(
                field -> field.fieldName().stringValue(), field -> name(field).orElseThrow()));
  }

  private static boolean repeats(MethodModel method, Map<String, String> fields) {
    return name(method)
        .filter(name -> name.equals(fields.get(property(method.methodName().stringValue()))))
        .isPresent();
  }

  /** Whether it is called as it is named, and getter and setter are called after it. */
  private static boolean isImplied(FieldModel field, Set<String> accessors) {
    var called = field.fieldName().stringValue();
    return name(field).filter(called::equals).isPresent()
        && Stream.of("get", "set")
            .allMatch(prefix ->
                accessors.stream()
                    .anyMatch(a -> a.startsWith(prefix) && property(a).equals(called)));
  }

  /** As Jackson derives it: all capitals at the beginning become small. */
  private static String property(String accessor) {
    if (!accessor.matches("[gs]et.+")) {
      return "";
    }
    var name = accessor.substring("get".length());
    var capitals =
        (int) name.chars().takeWhile(letter -> Character.toLowerCase(letter) != letter).count();
    return name.substring(0, capitals).toLowerCase(Locale.ROOT) + name.substring(capitals);
  }

  private static Optional<String> name(AttributedElement element) {
    return element.findAttribute(Attributes.runtimeVisibleAnnotations()).stream()
        .flatMap(attribute -> attribute.annotations().stream())
        .filter(NamedOnce::isName)
        .flatMap(annotation -> annotation.elements().stream())
        .filter(value -> value.name().equalsString("value"))
        .map(value -> ((AnnotationValue.OfString) value.value()).stringValue())
        .findFirst();
  }

  private static boolean isName(Annotation annotation) {
    return annotation.classSymbol().equals(NAME);
  }
}
