package io.coord.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.UnknownFieldSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Copies of a protobuf message with one thing in it changed, at each place where it can be. */
final class Tampering {

    private Tampering() {}

    /** One copy a message inside, itself included, each with a field of this number that no version has. */
    static List<Message> withUnknownField(Message message, int number) {
        UnknownFieldSet unknown = UnknownFieldSet.newBuilder()
                .addField(number, UnknownFieldSet.Field.newBuilder()
                        .addLengthDelimited(ByteString.copyFromUtf8("later"))
                        .build())
                .build();
        List<Message> copies = new ArrayList<>();
        copies.add(message.toBuilder().setUnknownFields(unknown).build());
        for (Map.Entry<FieldDescriptor, Object> field : message.getAllFields().entrySet()) {
            if (field.getKey().getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
                continue;
            }
            if (field.getKey().isRepeated()) {
                for (int i = 0; i < message.getRepeatedFieldCount(field.getKey()); i++) {
                    Message inner = (Message) message.getRepeatedField(field.getKey(), i);
                    for (Message changed : withUnknownField(inner, number)) {
                        copies.add(message.toBuilder().setRepeatedField(field.getKey(), i, changed).build());
                    }
                }
            } else {
                for (Message changed : withUnknownField((Message) field.getValue(), number)) {
                    copies.add(message.toBuilder().setField(field.getKey(), changed).build());
                }
            }
        }
        return copies;
    }

    /** One copy for each message inside that is a field of its own, without it. */
    static List<Message> withoutOneMessage(Message message) {
        List<Message> copies = new ArrayList<>();
        for (Map.Entry<FieldDescriptor, Object> field : message.getAllFields().entrySet()) {
            if (field.getKey().getJavaType() != FieldDescriptor.JavaType.MESSAGE || field.getKey().isRepeated()) {
                continue;
            }
            copies.add(message.toBuilder().clearField(field.getKey()).build());
            for (Message changed : withoutOneMessage((Message) field.getValue())) {
                copies.add(message.toBuilder().setField(field.getKey(), changed).build());
            }
        }
        return copies;
    }
}
