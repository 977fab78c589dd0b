import java.lang.classfile.Annotation;
import java.lang.classfile.AnnotationValue;
import java.lang.classfile.AttributedElement;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.MethodBuilder;
import java.lang.classfile.MethodElement;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.RuntimeVisibleAnnotationsAttribute;
import java.lang.constant.ClassDesc;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A model class of fabric8 that tells the name of each property once. It does so at the field, at
 * the getter and at the setter, and Jackson keeps all three as long as it reads the class, each a
 * map of its own. It finds getter and setter by the name of the field.
 */
final class NamedOnce {

  private static final String MODELS = "io/fabric8/kubernetes/api/model/";
  private static final ClassDesc NAME =
      ClassDesc.of("com.fasterxml.jackson.annotation.JsonProperty");

  private NamedOnce() {}

  /** The class file of a model without the repetitions; any other as it is. */
  static byte[] of(byte[] classFile) {
    var model = ClassFile.of().parse(classFile);
    if (!model.thisClass().asInternalName().startsWith(MODELS)) {
      return classFile;
    }
    var fields = namesByField(model);
    return ClassFile.of()
        .transformClass(
            model,
            ClassTransform.transformingMethods(
                method -> repeats(method, fields), NamedOnce::withoutName));
  }

  private static void withoutName(MethodBuilder method, MethodElement element) {
    if (element instanceof RuntimeVisibleAnnotationsAttribute annotations) {
      method.with(
          RuntimeVisibleAnnotationsAttribute.of(
              annotations.annotations().stream()
                  .filter(Predicate.not(NamedOnce::isName))
                  .toList()));
    } else {
      method.with(element);
    }
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
