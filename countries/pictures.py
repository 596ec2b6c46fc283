"""The picture of a country, as a person brings it: checked where a bomb of pixels does no harm."""

from typing import Any, BinaryIO, cast

from django import forms

from foundation import confined


class PictureField(forms.ImageField):
    """A picture of a kind that browsers show; Django's own field reads it in the process of the site."""

    def to_python(self, data: Any) -> Any:
        file = super(forms.ImageField, self).to_python(data)
        if file is None:
            return None
        try:
            confined.call("countries.picture_check", "check", cast(BinaryIO, file), bounds=confined.SMALL)
        except (confined.Failed, confined.Unavailable) as error:
            raise forms.ValidationError(self.error_messages["invalid_image"], code="invalid_image") from error
        return file
